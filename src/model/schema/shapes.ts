import { referredName, resolve } from './definitions.ts';
import { isLeftOutWhenEmpty } from './notation.ts';
import type { Schema } from './openapi-schema.ts';
import type { ListShape, MapShape, Shape, StructShape } from './shape.ts';

const SCALAR: Shape = { type: 'scalar' };
const ANY: Shape = { type: 'any' };
const WHOLE: Shape = { type: 'any', atomic: true };

const shared = new WeakMap<Schema, Shape>();

/** The shape of a schema. A type that contains itself refers to itself: fields are looked at when they are asked for. */
export function shapeOf(schema: Schema): Shape {
  const known = shared.get(schema);
  if (known) return known;
  const shape = buildShape(schema);
  shared.set(schema, shape);
  return shape;
}

function buildShape(schema: Schema): Shape {
  const target = resolve(schema);
  if (target !== schema && schema['x-kubernetes-map-type'] === undefined && !retains(schema)) return shapeOf(target);
  if (target.type === 'array') return new List(target);
  if (target.properties) return new Struct(target, schema);
  if (target.additionalProperties) return new Map(target);
  const isLeaf =
    target.type === undefined ? target.oneOf !== undefined || target['x-kubernetes-int-or-string'] === true : target.type !== 'object';
  if (isLeaf) return SCALAR;
  return target['x-kubernetes-preserve-unknown-fields'] ? ANY : WHOLE;
}

const retains = (schema: Schema) => schema['x-kubernetes-patch-strategy']?.includes('retainKeys') ?? false;

class Struct implements StructShape {
  readonly type = 'struct';
  readonly atomic: boolean;
  readonly retainKeys: boolean;
  readonly required: readonly string[];
  readonly #properties: Readonly<Record<string, Schema>>;
  readonly #isOpen: boolean;

  constructor(target: Schema, field: Schema) {
    this.atomic = (field['x-kubernetes-map-type'] ?? target['x-kubernetes-map-type']) === 'atomic';
    this.retainKeys = retains(field);
    this.required = target.required ?? [];
    this.#properties = target.properties ?? {};
    this.#isOpen = target['x-kubernetes-preserve-unknown-fields'] ?? false;
  }

  field(name: string): Shape | undefined {
    if (!Object.hasOwn(this.#properties, name)) return this.#isOpen ? ANY : undefined;
    return shapeOf(this.#properties[name]!);
  }

  fieldNames(): readonly string[] {
    return Object.keys(this.#properties);
  }

  leavesOutEmpty(name: string): boolean {
    return Object.hasOwn(this.#properties, name) && isLeftOutWhenEmpty(this.#properties[name]!);
  }

  fieldDefault(name: string): unknown {
    return Object.hasOwn(this.#properties, name) ? this.#properties[name]!.default : undefined;
  }
}

class Map implements MapShape {
  readonly type = 'map';
  readonly atomic: boolean;
  readonly #of: Schema;

  constructor(schema: Schema) {
    this.atomic = schema['x-kubernetes-map-type'] === 'atomic';
    this.#of = schema.additionalProperties!;
  }

  get of(): Shape {
    return shapeOf(this.#of);
  }
}

class List implements ListShape {
  readonly type = 'list';
  readonly list: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
  readonly patch: ListShape['patch'];
  readonly #items: Schema;

  constructor(schema: Schema) {
    this.list = schema['x-kubernetes-list-type'] ?? 'atomic';
    this.keys = schema['x-kubernetes-list-map-keys'] ?? [];
    this.patch = {
      merge: schema['x-kubernetes-patch-strategy']?.includes('merge') ?? false,
      key: schema['x-kubernetes-patch-merge-key'],
      retainKeys: retains(schema),
    };
    this.#items = schema.items ?? {};
  }

  get of(): Shape {
    return shapeOf(this.#items);
  }

  keyDefault(field: string): unknown {
    return resolve(this.#items).properties?.[field]?.default;
  }
}

/** Whether a schema is one of the types that are a value on the wire, and which: `Quantity`, `Time`, `IntOrString`. */
export function valueType(schema: Schema): string | undefined {
  const name = referredName(schema);
  return name === undefined || resolve(schema).properties ? undefined : name.slice(name.lastIndexOf('.') + 1);
}
