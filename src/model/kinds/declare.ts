import { equalJson, type Clock } from '../../base/index.ts';
import type { KindRef, KubeObject, Manifest, NameRule } from '../meta/index.ts';
import { joinProblems, type FieldProblem } from '../schema/problems.ts';
import { judgeWhole, schemaOf, schemaProblems, shapeOf, type KindSchema } from '../schema/index.ts';
import type { Cell, Column, Kind, ObjectPart, ScalePaths, StoredForm, Subresource } from './kind.ts';
import { validateFinalizerOwners, validateMetadata } from './rules/metadata.ts';

export const ALL_VERBS: readonly string[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** What a kind's file says of it; what it leaves out is what most kinds do. `T` is what its objects look like. */
export interface Declaration<T extends KubeObject> {
  readonly ref: KindRef<T>;
  readonly schema: KindSchema;
  /** What its names must look like. */
  readonly name: NameRule;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly Subresource[];
  readonly verbs?: readonly string[];
  readonly deprecated?: string;
  readonly scale?: ScalePaths;
  readonly leavesDependents?: Kind['leavesDependents'];
  readonly stored?: StoredForm;
  readonly parts?: Readonly<Record<string, ObjectPart<T>>>;
  readonly unowned?: Kind['unowned'];
  readonly statusKeeps?: Kind['statusKeeps'];
  readonly needsRevision?: boolean;
  readonly createdByUpdate?: boolean;
  defaults?(object: T): T;
  completeStatus?(object: T): T;
  /** The status that every new object begins with, whatever it brought along. Without it, status is a field like others. */
  initialStatus?(object: T): object;
  prepareCreate?(object: T): T;
  prepareUpdate?(object: T, old: T): T;
  /** Beyond its metadata. */
  validate?(object: T, old?: T): readonly FieldProblem[];
  validateStatus?(object: T, old: T): readonly FieldProblem[];
  warnings?(object: T, old?: T): readonly string[];
  raisesGeneration?(object: T, old: T): boolean;
  readonly columns: readonly Column[];
  row(object: T, clock: Clock): readonly Cell[];
  compareRows?(a: T, b: T): number;
  readonly selectable?: Readonly<Record<string, (object: T) => string>>;
}

/** The one place where an object that passed its schema is taken for its type. */
export function declareKind<T extends KubeObject>(declaration: Declaration<T>): Kind {
  const { ref, schema, name, initialStatus, shortNames = [], categories = [], subresources = [], verbs = ALL_VERBS } = declaration;
  const {
    defaults = same,
    completeStatus = same,
    prepareCreate = same,
    prepareUpdate = same,
    validate = () => [],
    validateStatus = () => [],
    warnings = () => [],
    raisesGeneration,
  } = declaration;
  const keepsStatus = initialStatus !== undefined;
  // All have all members, also what they leave out: reading one of them is fastest so.
  return {
    group: ref.group,
    version: ref.version,
    kind: ref.kind,
    plural: ref.plural,
    namespaced: ref.namespaced,
    singular: ref.kind.toLowerCase(),
    shortNames,
    categories,
    subresources,
    verbs,
    deprecated: declaration.deprecated,
    scale: declaration.scale,
    leavesDependents: declaration.leavesDependents,
    stored: declaration.stored,
    schema,
    shape: 'custom' in schema ? () => shapeOf(schemaOf(schema)) : once(() => shapeOf(schemaOf(schema))),
    parts: (declaration.parts ?? {}) as never,
    unowned: declaration.unowned,
    statusKeeps: declaration.statusKeeps ?? NOTHING,
    needsRevision: declaration.needsRevision ?? false,
    createdByUpdate: declaration.createdByUpdate ?? false,
    defaults: defaults as never,
    completeStatus: completeStatus as never,
    prepareCreate: ((object: T) => {
      const made = prepareCreate(object);
      return keepsStatus ? { ...made, status: initialStatus(made) } : made;
    }) as never,
    prepareUpdate: ((object: T, old: T) => prepareUpdate(keepsStatus ? withStatusOf(object, old) : object, old)) as never,
    validate: ((object: T, old?: T) => [
      ...validateMetadata(object, ref, name, old),
      ...(takesAnyFinalizer(schema, ref) ? [] : validateFinalizerOwners(object)),
      ...judge(schema, object, (whole) => validate(whole, old)),
    ]) as never,
    validateStatus: validateStatus as never,
    warnings: warnings as never,
    raisesGeneration: raisesGeneration as never,
    columns: declaration.columns,
    row: declaration.row as never,
    compareRows: declaration.compareRows as never,
    selectable: (declaration.selectable ?? {}) as never,
  };
}

const NOTHING: Kind['statusKeeps'] = [];

/** Groups of built-in kinds whose finalizers may be named as those of custom resources are. */
const LENIENT_GROUPS: ReadonlySet<string> = new Set(['admissionregistration.k8s.io', 'apiextensions.k8s.io', 'coordination.k8s.io']);

function takesAnyFinalizer(schema: KindSchema, { group, kind }: KindRef): boolean {
  return 'custom' in schema || LENIENT_GROUPS.has(group) || kind === 'Event';
}

/** Rules take a built-in kind's fields for what the decoder made sure of; a custom resource's schema must say it first. */
function judge<T extends KubeObject>(
  schema: KindSchema,
  object: T,
  rules: (object: T) => readonly FieldProblem[],
): readonly FieldProblem[] {
  if ('custom' in schema) {
    const problems = schemaProblems(schema, object as Manifest);
    return problems.length > 0 ? problems : rules(object);
  }
  const { whole, problems } = judgeWhole(schema, object as Manifest);
  return joinProblems(
    rules(whole as unknown as T),
    problems.filter(({ path }) => path[0] !== 'metadata'),
  );
}

const same = <T>(object: T) => object;

/** The schema of a built-in kind stays as it is. */
function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function withStatusOf<T extends KubeObject>(object: T, old: T): T {
  const { status: _, ...others } = object as T & { status?: unknown };
  const { status } = old as T & { status?: unknown };
  return (status === undefined ? others : { ...others, status }) as T;
}

export function specChanged(object: { spec?: unknown }, old: { spec?: unknown }): boolean {
  return !equalJson(object.spec, old.spec);
}
