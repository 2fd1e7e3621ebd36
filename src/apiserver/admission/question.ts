import {
  apiVersionOf,
  EVERYTHING,
  matches,
  NAMESPACES,
  selectorFrom,
  type Kind,
  type KindRef,
  type Manifest,
  type RequestSelectors,
  type ResourceRule,
} from '../../model/index.ts';
import type { Caller } from '../api.ts';
import type { AdmissionRequest, Surroundings } from './step.ts';

/** What webhooks and policies are asked about. */
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

const OPERATIONS = { create: 'CREATE', update: 'UPDATE' } as const;

export function questionOf({ kind, operation, subresource, object, old, caller, dryRun }: AdmissionRequest): Question {
  const { name, namespace } = object.metadata;
  return {
    operation: OPERATIONS[operation],
    kind,
    subresource,
    namespace: kind.namespaced ? namespace : undefined,
    name,
    object,
    ...(old ? { old } : {}),
    caller,
    dryRun,
  };
}

interface Rules {
  readonly rules: readonly ResourceRule[];
  readonly matchPolicy?: string | undefined;
}

/** The kind as which the rules mean the object: its own, or another of the same objects. Undefined: they do not mean it. */
export function meantAs({ rules, matchPolicy }: Rules, question: Question, around: Surroundings): Kind | undefined {
  const fits = (kind: Kind) => rules.some((rule) => means(rule, question, kind));
  if (fits(question.kind)) return question.kind;
  return matchPolicy === 'Exact' ? undefined : around.sameObjects(question.kind).find(fits);
}

function means({ scope = '*', resourceNames = [], ...rule }: ResourceRule, question: Question, { group, version, plural }: Kind): boolean {
  const isIn = (list: readonly string[] | undefined, wanted: string) => list?.some((item) => item === '*' || item === wanted) ?? false;
  return (
    (scope === '*' || (scope === 'Namespaced') === (question.namespace !== undefined)) &&
    isIn(rule.operations, question.operation) &&
    isIn(rule.apiGroups, group) &&
    isIn(rule.apiVersions, version) &&
    (rule.resources?.some((resource) => meansResource(resource, plural, question.subresource)) ?? false) &&
    (resourceNames.length === 0 || resourceNames.includes(question.name))
  );
}

// `pods`, `pods/status`, `pods/*`, `*/*`: a star alone is every object, and none of their doors.
function meansResource(resource: string, plural: string, subresource = ''): boolean {
  const [wanted, door = ''] = resource.split('/', 2);
  return (wanted === '*' || wanted === plural) && (door === '*' || door === subresource);
}

/** Whether the selectors take the object, as it is or as it was, and its namespace. */
export function isSelected({ namespaceSelector, objectSelector }: RequestSelectors, question: Question, around: Surroundings): boolean {
  const objects = selectorFrom(objectSelector) ?? EVERYTHING;
  const namespaces = selectorFrom(namespaceSelector) ?? EVERYTHING;
  const { object, old, kind, operation } = question;
  const has = (version: Manifest | undefined) => version !== undefined && matches(objects, version.metadata?.labels);
  if (objects.length > 0 && !has(object) && !has(old)) return false;
  const namespace = namespaceOf(question);
  if (namespaces.length === 0 || namespace === undefined) return true;
  const isWritten = isNamespace(kind) && !question.subresource && operation !== 'DELETE';
  return matches(namespaces, isWritten ? object?.metadata.labels : around.find(NAMESPACES, namespace)?.metadata.labels);
}

/** A namespace belongs to itself. */
function namespaceOf({ kind, name, namespace }: Question): string | undefined {
  return isNamespace(kind) ? name : namespace;
}

const isNamespace = ({ group, plural }: Pick<KindRef, 'group' | 'plural'>) => group === '' && plural === 'namespaces';

/** One kind's form of an object as another's, where both are kept as one. */
export function convert(from: Kind, to: Kind, object: Manifest): Manifest {
  if (from === to) return object;
  const stored = from.stored?.write(object) ?? object;
  return to.stored?.read(stored) ?? stored;
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

/** What is told of a request besides its objects, whose kind may be shown as another. */
export function aboutOf(question: Question, as: Kind): Readonly<Record<string, unknown>> {
  const { kind, subresource, operation, caller, dryRun = false, name } = question;
  const namespace = namespaceOf(question);
  const resourceOf = ({ group, version, plural }: Kind) => ({ group, version, resource: plural });
  const { user, groups, uid, extra } = caller;
  return {
    kind: typeThrough(subresource, as),
    resource: resourceOf(as),
    ...(subresource ? { subResource: subresource } : {}),
    requestKind: typeThrough(subresource, kind),
    requestResource: resourceOf(kind),
    ...(subresource ? { requestSubResource: subresource } : {}),
    name,
    ...(namespace ? { namespace } : {}),
    operation,
    userInfo: { username: user, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) },
    dryRun,
    options: optionsOf(question),
  };
}

/** The objects of a request, each as the kind shows it; null where there is none. */
export function shownOf(question: Question, as: Kind): { readonly object: Manifest | null; readonly oldObject: Manifest | null } {
  const type = typeThrough(question.subresource, as);
  const shown = (version: Manifest | undefined) =>
    version ? { ...convert(question.kind, as, version), kind: type.kind, apiVersion: apiVersionOf(type) } : null;
  return { object: shown(question.object), oldObject: shown(question.old) };
}

function optionsOf({ operation, dryRun, caller: { manager } }: Question) {
  if (operation === 'CONNECT') return null;
  const kind = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' }[operation];
  const fields = operation === 'DELETE' || !manager ? {} : { fieldManager: manager };
  return { kind, apiVersion: 'meta.k8s.io/v1', ...fields, ...(dryRun ? { dryRun: ['All'] } : {}) };
}
