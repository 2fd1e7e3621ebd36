import type { Clock } from '../../base/index.ts';
import type { FieldPath, KindRef, Manifest } from '../meta/index.ts';
import type { KindSchema } from '../schema/check.ts';
import type { FieldProblem } from '../schema/problems.ts';
import type { Shape } from '../schema/shape.ts';

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority: number;
}

export type Cell = string | number | boolean | null;

export type Subresource =
  | 'status'
  | 'scale'
  | 'binding'
  | 'eviction'
  | 'log'
  | 'exec'
  | 'attach'
  | 'portforward'
  | 'ephemeralcontainers'
  | 'token'
  | 'finalize'
  | 'approval'
  | 'proxy'
  | 'resize';

/** Where a kind's scale lies. */
export interface ScalePaths {
  readonly replicas: FieldPath;
  readonly statusReplicas: FieldPath;
  /** The label selector: a `LabelSelector`, a plain label map, or text. */
  readonly selector?: FieldPath;
}

/** The kind as its objects lie in the store, where that is not as this kind shows them: another version, an older schema. */
export interface StoredForm {
  /** The version in which it is written, and the group, where that is not its own: kinds of one stored form are one collection. */
  readonly version: string;
  readonly group?: string;
  /** The same object where nothing differs. */
  read(stored: Manifest): Manifest;
  write(object: Manifest): Manifest;
}

/** A part of an object that is changed through a subresource of its own, and not through the object. */
export interface ObjectPart<T = Manifest> {
  /** The old object with this part of what is wanted, and nothing else of it. */
  take(wanted: T, old: T): T;
  /** What is wrong with the object, and with how the part was changed. */
  validate(object: T, old: T): readonly FieldProblem[];
}

/** Metadata that is its writers' to say. */
export type OpenMetadata = 'annotations' | 'finalizers' | 'labels' | 'ownerReferences';

/** For kinds whose status is written without any of it. */
export const OPEN_METADATA: readonly OpenMetadata[] = ['annotations', 'finalizers', 'labels', 'ownerReferences'];

/**
 * A kind is a declaration: what the generic verbs need to know. All functions are pure and give new objects.
 */
export interface Kind extends KindRef<Manifest> {
  readonly singular: string;
  /** What a list of it is called, where that is not the kind with `List` behind it. */
  readonly listKind?: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
  readonly verbs: readonly string[];
  /** It is on its way out, and takes no more objects. */
  readonly isEnding?: boolean;
  /** What everybody who asks for it is warned of. */
  readonly deprecated?: string;
  readonly scale?: ScalePaths;
  /** A delete that does not say what becomes of its dependents leaves them, and is warned of it where that surprises. */
  readonly leavesDependents?: { readonly warning?: string };
  /** The fields that its objects have. */
  readonly schema: KindSchema;
  readonly stored?: StoredForm;
  /** What the schema says of merging. */
  shape(): Shape;
  /** By their subresources. */
  readonly parts: Readonly<Record<string, ObjectPart>>;
  /** What nobody owns by writing it: by subresource, `''` for the object itself. Without it, a status that has a door of its own. */
  readonly unowned?: Readonly<Record<string, readonly FieldPath[]>>;
  /** Metadata that a write to its status does not change along. */
  readonly statusKeeps: readonly OpenMetadata[];
  /** Whether an update must say which version it replaces. */
  readonly needsRevision: boolean;
  /** Whether an update of what is not there creates it. */
  readonly createdByUpdate: boolean;
  /** Fills in what a manifest leaves out, as Kubernetes' defaulting does. */
  defaults(object: Manifest): Manifest;
  /** Fills in what a writer of a status leaves out and Kubernetes always says. */
  completeStatus(object: Manifest): Manifest;
  /** What a new object begins with and must not bring along (an initial status, a phase). Runs after defaulting. */
  prepareCreate(object: Manifest): Manifest;
  /** What an update through the main resource may not change is taken from `old` (status and the like). */
  prepareUpdate(object: Manifest, old: Manifest): Manifest;
  /** Beyond the schema: names, ranges, cross-field and immutability rules. `old` is set for an update. */
  validate(object: Manifest, old?: Manifest): readonly FieldProblem[];
  /** What is wrong with a status that was written. */
  validateStatus(object: Manifest, old: Manifest): readonly FieldProblem[];
  /** What is allowed and hardly meant, for the writer's eyes. */
  warnings(object: Manifest, old?: Manifest): readonly string[];
  /** Whether this change raises `metadata.generation`; undefined for kinds that do not count one. */
  raisesGeneration?(object: Manifest, old: Manifest): boolean;
  readonly columns: readonly Column[];
  row(object: Manifest, clock: Clock): readonly Cell[];
  /** In which order a table shows them, where that is not the order of their names. */
  compareRows?(a: Manifest, b: Manifest): number;
  /** Field selectors beyond `metadata.name` and `metadata.namespace`. */
  readonly selectable: Readonly<Record<string, (object: Manifest) => string>>;
}
