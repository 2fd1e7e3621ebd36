import { matches, type Kind, type KindRef, type Labels, type Manifest, type Rule, type Selector } from '../../model/index.ts';

/** What a request is about, for those who choose by rules which requests concern them. */
export interface Concern {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  /** What is written, or the object through whose door. */
  readonly kind: Kind;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name: string;
  /** What is there after the write; what is posted, where that is no version of the object. */
  readonly object?: Manifest;
  readonly old?: Manifest;
}

export interface Rules {
  readonly rules: readonly Rule[];
  readonly matchPolicy?: string | undefined;
}

/** The kind as which the rules mean the object: its own, or another of the same objects. Undefined: they do not mean it. */
export function meantAs({ rules, matchPolicy }: Rules, concern: Concern, equivalents: () => readonly Kind[]): Kind | undefined {
  const fits = (kind: Kind) => rules.some((rule) => means(rule, concern, kind));
  if (fits(concern.kind)) return concern.kind;
  return matchPolicy === 'Exact' ? undefined : equivalents().find(fits);
}

function means({ scope = '*', resourceNames = [], ...rule }: Rule, concern: Concern, { group, version, plural }: Kind): boolean {
  const isIn = (list: readonly string[] | undefined, wanted: string) => list?.some((item) => item === '*' || item === wanted) ?? false;
  return (
    (scope === '*' || (scope === 'Namespaced') === (concern.namespace !== undefined)) &&
    isIn(rule.operations, concern.operation) &&
    isIn(rule.apiGroups, group) &&
    isIn(rule.apiVersions, version) &&
    (rule.resources?.some((resource) => meansResource(resource, plural, concern.subresource)) ?? false) &&
    (resourceNames.length === 0 || resourceNames.includes(concern.name))
  );
}

// `pods`, `pods/status`, `pods/*`, `*/*`: a star alone is every object, and none of their doors.
function meansResource(resource: string, plural: string, subresource = ''): boolean {
  const [wanted, door = ''] = resource.split('/', 2);
  return (wanted === '*' || wanted === plural) && (door === '*' || door === subresource);
}

export interface Selectors {
  readonly namespaces: Selector;
  readonly objects: Selector;
}

/** Whether the selectors take the object, as it is or as it was, and its namespace. */
export function isSelected(
  { namespaces, objects }: Selectors,
  concern: Concern,
  labelsOf: (namespace: string) => Labels | undefined,
): boolean {
  const { object, old, kind, operation } = concern;
  const has = (version: Manifest | undefined) => version !== undefined && matches(objects, version.metadata?.labels);
  if (objects.length > 0 && !has(object) && !has(old)) return false;
  const namespace = namespaceOf(concern);
  if (namespaces.length === 0 || namespace === undefined) return true;
  const isWritten = isNamespace(kind) && !concern.subresource && operation !== 'DELETE';
  return matches(namespaces, isWritten ? object?.metadata.labels : labelsOf(namespace));
}

/** A namespace belongs to itself. */
export function namespaceOf({ kind, name, namespace }: Concern): string | undefined {
  return isNamespace(kind) ? name : namespace;
}

const isNamespace = ({ group, plural }: Pick<KindRef, 'group' | 'plural'>) => group === '' && plural === 'namespaces';

/** One kind's form of an object as another's, where both are kept as one. */
export function convert(from: Kind, to: Kind, object: Manifest): Manifest {
  if (from === to) return object;
  const stored = from.stored?.write(object) ?? object;
  return to.stored?.read(stored) ?? stored;
}
