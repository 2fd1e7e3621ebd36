import type { ListShape, MapShape, Shape, StructShape } from '../../../src/model/index.ts';

/** Shapes by hand, small enough to see through. */
export const scalar: Shape = { type: 'scalar' };
export const any: Shape = { type: 'any' };

export function struct(
  fields: Readonly<Record<string, Shape>>,
  more: Partial<Pick<StructShape, 'atomic' | 'required' | 'fieldDefault'>> = {},
): StructShape {
  return {
    type: 'struct',
    atomic: false,
    retainKeys: false,
    required: [],
    field: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined),
    fieldNames: () => Object.keys(fields),
    ...more,
  };
}

export const map = (of: Shape, atomic = false): MapShape => ({ type: 'map', of, atomic });

export const atomicList: ListShape = list('atomic');

export function list(
  kind: ListShape['list'],
  of: Shape = scalar,
  keys: readonly string[] = [],
  defaults: Readonly<Record<string, unknown>> = {},
): ListShape {
  return {
    type: 'list',
    list: kind,
    keys,
    of,
    patch: { merge: kind !== 'atomic', key: keys[0], retainKeys: false },
    keyDefault: (field) => defaults[field],
  };
}

/** A kind with one of everything. */
export const THING = struct(
  {
    apiVersion: scalar,
    kind: scalar,
    metadata: struct({ name: scalar, namespace: scalar, labels: map(scalar), finalizers: list('set'), managedFields: atomicList }),
    spec: struct(
      {
        replicas: scalar,
        selector: struct({ matchLabels: map(scalar) }, { atomic: true }),
        args: atomicList,
        strategy: struct({ type: scalar, rolling: struct({ surge: scalar }) }),
        items: list(
          'map',
          struct({ name: scalar, image: scalar, args: atomicList, env: list('map', struct({ name: scalar, value: scalar }), ['name']) }),
          ['name'],
        ),
        ports: list('map', struct({ port: scalar, protocol: scalar, target: scalar }), ['port', 'protocol'], { protocol: 'TCP' }),
        extra: any,
      },
      { fieldDefault: (name) => (name === 'strategy' ? {} : undefined) },
    ),
    status: struct({ ready: scalar }),
  },
  { fieldDefault: (name) => (['metadata', 'spec', 'status'].includes(name) ? {} : undefined) },
);
