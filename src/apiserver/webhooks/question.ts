import { apiVersionOf, matches, type Kind, type KindRef, type Labels, type Manifest, type Rule } from '../../model/index.ts';
import type { Caller } from '../api.ts';
import type { Hook } from './hooks.ts';

/** What webhooks are asked about. */
export interface Question {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  /** What is written, or the object through whose door. */
  readonly kind: Kind;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name: string;
  /** What is there after the write; what is posted, where that is no version of the object. */
  readonly object?: Manifest;
  readonly old?: Manifest;
  readonly caller: Caller;
  readonly dryRun?: boolean | undefined;
}

type Named = Pick<KindRef, 'group' | 'version' | 'plural'>;

/** Nobody may lock others out of these, or the project out of what it keeps of itself. */
const EXEMPT_GROUPS: ReadonlySet<string> = new Set(['admissionregistration.k8s.io', 'slipway.dev']);

export function isExempt({ kind }: Question): boolean {
  return EXEMPT_GROUPS.has(kind.group);
}

/** A namespace belongs to itself. */
export function namespaceOf({ kind, name, namespace }: Question): string | undefined {
  return isNamespace(kind) ? name : namespace;
}

const isNamespace = ({ group, plural }: Pick<KindRef, 'group' | 'plural'>) => group === '' && plural === 'namespaces';

/** The kind as which a webhook wants to see the object: its own, or one of the same objects. Undefined: it is not asked. */
export function shownAs(hook: Hook, question: Question, equivalents: () => readonly Kind[]): Kind | undefined {
  const { rules = [], matchPolicy } = hook.webhook;
  const fits = (kind: Named) => rules.some((rule) => applies(rule, question, kind));
  if (fits(question.kind)) return question.kind;
  return matchPolicy === 'Exact' ? undefined : equivalents().find(fits);
}

function applies({ scope = '*', ...rule }: Rule, question: Question, { group, version, plural }: Named): boolean {
  const isIn = (list: readonly string[] | undefined, wanted: string) => list?.some((item) => item === '*' || item === wanted) ?? false;
  return (
    (scope === '*' || (scope === 'Namespaced') === (question.namespace !== undefined)) &&
    isIn(rule.operations, question.operation) &&
    isIn(rule.apiGroups, group) &&
    isIn(rule.apiVersions, version) &&
    (rule.resources?.some((resource) => isResource(resource, plural, question.subresource)) ?? false)
  );
}

// `pods`, `pods/status`, `pods/*`, `*/*`: a star alone is every object, and none of their doors.
function isResource(resource: string, plural: string, subresource = ''): boolean {
  const [wanted, door = ''] = resource.split('/', 2);
  return (wanted === '*' || wanted === plural) && (door === '*' || door === subresource);
}

/** Whether the hook's selectors take the object, as it is or as it was, and its namespace. */
export function isSelected(
  { namespaces, objects }: Hook,
  question: Question,
  labelsOf: (namespace: string) => Labels | undefined,
): boolean {
  const { object, old, kind, operation } = question;
  const has = (version: Manifest | undefined) => version !== undefined && matches(objects, version.metadata?.labels);
  if (objects.length > 0 && !has(object) && !has(old)) return false;
  const namespace = namespaceOf(question);
  if (namespaces.length === 0 || namespace === undefined) return true;
  const isWritten = isNamespace(kind) && !question.subresource && operation !== 'DELETE';
  return matches(namespaces, isWritten ? object?.metadata.labels : labelsOf(namespace));
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

/** One kind's form of an object as another's, where both are kept as one. */
export function convert(from: Kind, to: Kind, object: Manifest): Manifest {
  if (from === to) return object;
  const stored = from.stored?.write(object) ?? object;
  return to.stored?.read(stored) ?? stored;
}
