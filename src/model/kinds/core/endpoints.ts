import { dns1123Subdomain } from '../../meta/index.ts';
import { ENDPOINTS as REF, type Endpoints, type EndpointSubset } from '../../types/index.ts';
import { required } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, NONE, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import type { FieldProblem } from '../kind.ts';
import { validatePort } from '../rules/numbers.ts';

const SHOWN = 3;

export const ENDPOINTS_KIND = declareKind<Endpoints>({
  ref: REF,
  schema: { definition: 'core.v1.Endpoints' },
  name: dns1123Subdomain,
  shortNames: ['ep'],
  defaults: (endpoints) => (endpoints.subsets ? { ...endpoints, subsets: endpoints.subsets.map(defaultSubset) } : endpoints),
  validate: ({ subsets = [] }) => subsets.flatMap(validateSubset),
  columns: [NAME, textColumn('Endpoints'), AGE],
  row: (endpoints, clock) => [endpoints.metadata.name, addressCell(endpoints), ageOf(endpoints, clock)],
});

function defaultSubset(subset: EndpointSubset): EndpointSubset {
  return subset.ports ? { ...subset, ports: subset.ports.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' })) } : subset;
}

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, i: number): FieldProblem[] {
  const path = ['subsets', i];
  return [
    ...(addresses.length + notReadyAddresses.length === 0 ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
    ...ports.flatMap(({ name, port }, j) => [
      ...(!name && ports.length > 1 ? [required([...path, 'ports', j, 'name'])] : []),
      ...validatePort(port, [...path, 'ports', j, 'port']),
    ]),
  ];
}

function addressCell({ subsets = [] }: Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0 ? addresses.map(({ ip }) => ip) : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip}:${port}`)),
  );
  if (all.length === 0) return NONE;
  return all.slice(0, SHOWN).join(',') + (all.length > SHOWN ? ` + ${all.length - SHOWN} more...` : '');
}
