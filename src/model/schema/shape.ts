/**
 * How a value of a type is merged: what server-side apply and strategic merge need to know of the schema, and no more.
 * Shapes are built on first use and shared; a recursive type refers to itself through `of` and `fields`.
 */
export type Shape = ScalarShape | AnyShape | StructShape | MapShape | ListShape;

/** A leaf: numbers, strings, booleans, quantities, times, IntOrString. */
export interface ScalarShape {
  readonly type: 'scalar';
}

/** No schema: a custom resource's free fields are merged by what the values are, lists as a whole. */
export interface AnyShape {
  readonly type: 'any';
  /** Owned and replaced as a whole by apply: RawExtension and JSON in kinds of our own. */
  readonly atomic?: boolean;
}

export interface StructShape {
  readonly type: 'struct';
  /** Owned and replaced as a whole by apply (`x-kubernetes-map-type: atomic`). */
  readonly atomic: boolean;
  /** `x-kubernetes-patch-strategy: retainKeys`: a strategic merge names the keys to keep. */
  readonly retainKeys: boolean;
  field(name: string): Shape | undefined;
  fieldNames(): readonly string[];
  readonly required: readonly string[];
  /** Whether a field is left out when it holds an empty list or map; where that is not said, it is. */
  leavesOutEmpty?(name: string): boolean;
  /** What the schema says a field holds when nobody sets it: `{}` for an embedded struct, the zero of a required plain field. */
  fieldDefault?(name: string): unknown;
}

/** Free keys: labels, data, resource lists. */
export interface MapShape {
  readonly type: 'map';
  readonly atomic: boolean;
  readonly of: Shape;
}

export interface ListShape {
  readonly type: 'list';
  /** How apply sees it. */
  readonly list: 'atomic' | 'set' | 'map';
  /** For `map`: the fields that name an item, in order. */
  readonly keys: readonly string[];
  /** How strategic merge patch sees it, which differs: its key for merging, or undefined where it replaces. */
  readonly patch: { readonly merge: boolean; readonly key: string | undefined; readonly retainKeys: boolean };
  readonly of: Shape;
  /** A default that a missing key field takes when items are matched (`protocol: TCP`). */
  keyDefault(field: string): unknown;
}
