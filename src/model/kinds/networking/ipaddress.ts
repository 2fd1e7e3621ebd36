import { isIP } from 'node:net';
import { pathSegment, type NameRule } from '../../meta/index.ts';
import { IP_ADDRESSES, type IpAddress } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { NAME, NONE, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { canonicalIPv6 } from '../rules/addresses.ts';
import { immutable, subdomainProblems } from '../rules/metadata.ts';

const PARENT = ['spec', 'parentRef'];

export const IP_ADDRESS = declareKind<IpAddress>({
  ref: IP_ADDRESSES,
  schema: { definition: 'networking.v1.IPAddress' },
  name: canonicalAddress,
  shortNames: ['ip'],
  defaults: (address) => ({ ...address, spec: address.spec ?? {} }),
  validate: ({ spec }, old) => (old ? immutable(spec.parentRef, old.spec.parentRef, PARENT) : validateParent(spec.parentRef)),
  columns: [NAME, textColumn('ParentRef')],
  row: ({ metadata, spec }) => [metadata.name, parentCell(spec.parentRef)],
});

/** One address has one name. */
function canonicalAddress(name: string): ReturnType<NameRule> {
  const version = name.includes('%') ? 0 : isIP(name);
  if (version === 0) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  const canonical = version === 6 ? canonicalIPv6(name) : name;
  return name === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

function validateParent(parent: IpAddress['spec']['parentRef']): FieldProblem[] {
  if (!parent) return [required(PARENT)];
  return [
    ...(parent.group ? subdomainProblems(parent.group, [...PARENT, 'group']) : []),
    ...(['resource', 'name', 'namespace'] as const).flatMap((field) => {
      const text = parent[field];
      if (!text) return field === 'namespace' ? [] : [required([...PARENT, field])];
      return pathSegment(text).map((why) => invalid([...PARENT, field], text, why));
    }),
  ];
}

function parentCell(parent: IpAddress['spec']['parentRef']): string {
  if (!parent) return NONE;
  const { group, resource = '', namespace, name } = parent;
  const kind = (group ? `${resource}.${group}` : resource).toLowerCase();
  return [kind, ...(namespace ? [namespace] : []), name].join('/');
}
