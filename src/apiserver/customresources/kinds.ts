import { equalJson } from '../../base/index.ts';
import {
  ALL_VERBS,
  byVersionPriority,
  declareKind,
  OPEN_METADATA,
  dns1123Subdomain,
  expandSchema,
  fillDefaults,
  prune,
  type CustomResourceDefinition,
  type CustomResourceVersion,
  invalid,
  type FieldPath,
  type FieldProblem,
  type Kind,
  type Manifest,
  type ScalePaths,
  type Schema,
  type StoredForm,
} from '../../model/index.ts';
import { isEstablished } from './accept.ts';
import { tableOf } from './columns.ts';
import type { Verdict } from './enforce.ts';
import { readJsonPath } from './jsonpath.ts';
import { hasRules, ruleEngine } from './has-rules.ts';
import type { RuleTree } from './rules.ts';
import { finalizerWarnings } from './warnings.ts';

/** The kinds that a definition makes: one for each version that is served, none before its names were accepted. */
export function kindsOf(definition: CustomResourceDefinition): readonly Kind[] {
  if (!isEstablished(definition)) return [];
  const served = definition.spec.versions.filter((version) => version.served);
  return served.toSorted((a, b) => byVersionPriority(a.name, b.name)).map((version) => kindOf(definition, version));
}

function kindOf(definition: CustomResourceDefinition, version: CustomResourceVersion): Kind {
  const { spec, status, metadata } = definition;
  const { group, scope } = spec;
  const { plural, kind, listKind, singular, shortNames = [], categories = [] } = { ...spec.names, ...status?.acceptedNames };
  const { subresources, additionalPrinterColumns, selectableFields = [] } = version;
  const ref = { group, version: version.name, kind, plural, namespaced: scope === 'Namespaced' };
  const schema = once(() => expandSchema(version.schema?.openAPIV3Schema));
  const written = version.schema?.openAPIV3Schema;
  const rules = once(() => ({ tree: hasRules(written) ? ruleEngine().compileRules(written) : undefined }));
  const verdict = lastVerdict(() => rules().tree);
  const hasStatus = subresources?.status !== undefined;
  const { deprecated, deprecationWarning = `${group}/${version.name} ${kind} is deprecated` } = version;
  const declared = declareKind<Manifest>({
    ref,
    schema: { custom: schema },
    name: dns1123Subdomain,
    shortNames,
    categories,
    subresources: [...(hasStatus ? (['status'] as const) : []), ...(subresources?.scale ? (['scale'] as const) : [])],
    // What is on its way out takes no more objects; those that it has must still be able to lose their finalizers.
    verbs: metadata.deletionTimestamp ? ALL_VERBS.filter((verb) => verb !== 'create') : ALL_VERBS,
    ...(deprecated ? { deprecated: deprecationWarning } : {}),
    ...(subresources?.scale ? { scale: scalePaths(subresources.scale) } : {}),
    statusKeeps: OPEN_METADATA,
    needsRevision: true,
    defaults: (object) => fillDefaults(schema(), object),
    prepareCreate: (object) => (hasStatus ? without(object, 'status') : object),
    prepareUpdate: (object, old) => (hasStatus ? withStatusOf(object, old) : object),
    warnings: (object, old) => [...finalizerWarnings(object, old), ...verdict(object, old).warnings],
    raisesGeneration: (object, old) => !equalJson(contentOf(object, hasStatus), contentOf(old, hasStatus)),
    ...tableOf(additionalPrinterColumns),
    selectable: Object.fromEntries(selectableFields.map(({ jsonPath }) => [jsonPath.slice(1), textAt(jsonPath)])),
  });
  return {
    ...declared,
    validate: (object, old) => {
      const problems = declared.validate(object, old);
      return rules().tree ? withRules(problems, () => verdict(object, old).problems) : problems;
    },
    ...(metadata.deletionTimestamp ? { isEnding: true } : {}),
    ...(singular ? { singular } : {}),
    ...(listKind ? { listKind } : {}),
    stored: storedForm(definition, version, schema),
  };
}

const NOT_CHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

const BLOCKING: ReadonlySet<FieldProblem['reason']> = new Set([
  'FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid',
]); // prettier-ignore

/** Rules take for granted what the rest of the schema says. */
function withRules(problems: readonly FieldProblem[], judge: () => readonly FieldProblem[]): readonly FieldProblem[] {
  return problems.some(({ reason }) => BLOCKING.has(reason)) ? [...problems, invalid([], null, NOT_CHECKED)] : [...problems, ...judge()];
}

const NO_VERDICT: Verdict = { problems: [], warnings: [] };

/** Rules are asked once about an object, by who wants to know the problems and by who wants to know the warnings. */
function lastVerdict(rules: () => RuleTree | undefined): (object: Manifest, old?: Manifest) => Verdict {
  let last: { readonly object: Manifest; readonly old: Manifest | undefined; readonly verdict: Verdict } | undefined;
  return (object, old) => {
    const tree = rules();
    if (!tree) return NO_VERDICT;
    if (last?.object !== object || last.old !== old) last = { object, old, verdict: ruleEngine().enforce(tree, object, old) };
    return last.verdict;
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Versions differ in their name alone. What was stored under an older schema is seen as if it had been written under this one. */
function storedForm({ spec }: CustomResourceDefinition, { name }: CustomResourceVersion, schema: () => Schema): StoredForm {
  const apiVersion = `${spec.group}/${name}`;
  const version = spec.versions.find(({ storage }) => storage)!.name;
  const storage = `${spec.group}/${version}`;
  return {
    version,
    read: (stored) => {
      const { metadata, ...content } = stored;
      const pruned = prune(schema(), content).value;
      const kept = pruned === content ? stored : ({ kind: stored.kind, apiVersion, metadata, ...(pruned as object) } as Manifest);
      return fillDefaults(schema(), kept.apiVersion === apiVersion ? kept : { ...kept, apiVersion });
    },
    write: (object) => (object.apiVersion === storage ? object : { ...object, apiVersion: storage }),
  };
}

type Scale = NonNullable<NonNullable<CustomResourceVersion['subresources']>['scale']>;

function scalePaths({ specReplicasPath, statusReplicasPath, labelSelectorPath }: Scale): ScalePaths {
  return {
    replicas: fieldPath(specReplicasPath),
    statusReplicas: fieldPath(statusReplicasPath),
    ...(labelSelectorPath ? { selector: fieldPath(labelSelectorPath) } : {}),
  };
}

const fieldPath = (jsonPath: string): FieldPath => jsonPath.split('.').filter((step) => step !== '');

function textAt(jsonPath: string): (object: Manifest) => string {
  const read = readJsonPath(jsonPath);
  return (object) => {
    const value = read?.(object)[0];
    return value === undefined || value === null ? '' : String(value);
  };
}

function without(object: Manifest, field: string): Manifest {
  const { [field]: _, ...rest } = object;
  return rest as Manifest;
}

function withStatusOf(object: Manifest, { status }: Manifest): Manifest {
  return status === undefined ? without(object, 'status') : { ...object, status };
}

/** What counts as a change: a status only where it has no door of its own. */
function contentOf(object: Manifest, hasStatus: boolean): object {
  const { metadata: _m, apiVersion: _a, ...content } = hasStatus ? without(object, 'status') : object;
  return content;
}
