import { apiVersionOf, type Kind, type KindRef, type Manifest } from '../../model/index.ts';
import { convert, namespaceOf, type Concern } from '../admission/index.ts';
import type { Caller } from '../api.ts';

/** What webhooks are asked about. */
export interface Question extends Concern {
  readonly caller: Caller;
  readonly dryRun?: boolean | undefined;
}

/** Nobody may lock others out of these, or the project out of what it keeps of itself. */
const EXEMPT_GROUPS: ReadonlySet<string> = new Set(['admissionregistration.k8s.io', 'slipway.dev']);

export function isExempt({ kind }: Question): boolean {
  return EXEMPT_GROUPS.has(kind.group);
}

type Type = Pick<KindRef, 'group' | 'version' | 'kind'>;

const core = (kind: string): Type => ({ group: '', version: 'v1', kind });
/** What goes through these doors is of a kind of its own. */
const OWN_TYPES: Readonly<Record<string, Type>> = {
  binding: core('Binding'),
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  exec: core('PodExecOptions'),
  attach: core('PodAttachOptions'),
  portforward: core('PodPortForwardOptions'),
};

function typeThrough(subresource: string | undefined, { group, version, kind }: Type): Type {
  if (subresource === 'proxy') return core(`${kind}ProxyOptions`);
  return (subresource ? OWN_TYPES[subresource] : undefined) ?? { group, version, kind };
}

/** The `request` of an AdmissionReview, but for its uid. */
export function requestOf(question: Question, as: Kind): Readonly<Record<string, unknown>> {
  const { kind, subresource, operation, caller, dryRun = false, name } = question;
  const namespace = namespaceOf(question);
  const resourceOf = ({ group, version, plural }: Kind) => ({ group, version, resource: plural });
  const type = typeThrough(subresource, as);
  const versionOf = (version: Manifest | undefined) =>
    version ? { ...convert(question.kind, as, version), kind: type.kind, apiVersion: apiVersionOf(type) } : null;
  const { user, groups, uid, extra } = caller;
  return {
    kind: type,
    resource: resourceOf(as),
    ...(subresource ? { subResource: subresource } : {}),
    requestKind: typeThrough(subresource, kind),
    requestResource: resourceOf(kind),
    ...(subresource ? { requestSubResource: subresource } : {}),
    name,
    ...(namespace ? { namespace } : {}),
    operation,
    userInfo: { username: user, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) },
    object: versionOf(question.object),
    oldObject: versionOf(question.old),
    dryRun,
    options: optionsOf(question),
  };
}

function optionsOf({ operation, dryRun, caller: { manager } }: Question) {
  if (operation === 'CONNECT') return null;
  const kind = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' }[operation];
  const fields = operation === 'DELETE' || !manager ? {} : { fieldManager: manager };
  return { kind, apiVersion: 'meta.k8s.io/v1', ...fields, ...(dryRun ? { dryRun: ['All'] } : {}) };
}
