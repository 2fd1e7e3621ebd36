import { describe, expect, test } from 'vitest';
import { BUILT_IN_KINDS, type ListShape, type Shape, type StructShape } from '../../src/model/index.ts';
import { registry } from './oracle.ts';

function at(apiVersion: string, kind: string, ...path: string[]): Shape | undefined {
  return path.reduce<Shape | undefined>((shape, step) => {
    if (shape?.type === 'struct') return shape.field(step);
    return shape?.type === 'list' || shape?.type === 'map' ? shape.of : undefined;
  }, registry.byApiVersion(apiVersion, kind)!.shape());
}

const list = (...path: string[]) => at('v1', 'Pod', ...path) as ListShape;

describe('how values merge', () => {
  test('containers by name, both ways', () => {
    expect(list('spec', 'containers')).toMatchObject({
      list: 'map',
      keys: ['name'],
      patch: { merge: true, key: 'name', retainKeys: false },
    });
  });

  test('ports by number and protocol for apply, by number for a strategic merge', () => {
    const ports = list('spec', 'containers', '*', 'ports');
    expect(ports).toMatchObject({ list: 'map', keys: ['containerPort', 'protocol'], patch: { merge: true, key: 'containerPort' } });
    expect(ports.keyDefault('protocol')).toBe('TCP');
    expect(ports.keyDefault('hostIP')).toBeUndefined();
  });

  test('volumes retain keys', () => {
    expect(list('spec', 'volumes').patch).toEqual({ merge: true, key: 'name', retainKeys: true });
  });

  test('finalizers are a set, arguments are one value', () => {
    expect(list('metadata', 'finalizers')).toMatchObject({ list: 'set', keys: [], patch: { merge: true, key: undefined } });
    expect(list('spec', 'containers', '*', 'args')).toMatchObject({ list: 'atomic', patch: { merge: false } });
  });

  test('a strategy retains keys, a selector is one value', () => {
    expect(at('apps/v1', 'Deployment', 'spec', 'strategy')).toMatchObject({ type: 'struct', retainKeys: true, atomic: false });
    expect(at('apps/v1', 'Deployment', 'spec', 'selector')).toMatchObject({ type: 'struct', atomic: true });
    expect(at('v1', 'Pod', 'spec', 'nodeSelector')).toMatchObject({ type: 'map', atomic: true });
    expect(at('v1', 'Pod', 'metadata', 'labels')).toMatchObject({ type: 'map', atomic: false });
  });

  test.each([
    ['a time', ['metadata', 'creationTimestamp'], 'scalar'],
    ['a quantity', ['spec', 'overhead', '*'], 'scalar'],
    ['a port by number or name', ['spec', 'containers', '*', 'livenessProbe', 'httpGet', 'port'], 'scalar'],
    ['managed fields', ['metadata', 'managedFields', '*', 'fieldsV1'], 'any'],
  ] as const)('%s is a %s', (_, path, type) => {
    expect(at('v1', 'Pod', ...path)?.type).toBe(type);
  });

  test('types are shared: the same template in a pod and in a deployment', () => {
    expect(at('v1', 'Pod', 'spec', 'containers', '*')).toBe(at('apps/v1', 'Deployment', 'spec', 'template', 'spec', 'containers', '*'));
  });

  test('a field that the kind does not have has no shape', () => {
    expect(at('v1', 'Pod', 'spec', 'replicaz')).toBeUndefined();
    expect(at('v1', 'Pod', 'spec', 'constructor')).toBeUndefined();
  });

  test.each(BUILT_IN_KINDS.map((kind) => [kind.kind, kind] as const))('%s has a shape all the way down', (_, kind) => {
    const seen = new Set<Shape>();
    const walk = (shape: Shape): void => {
      if (seen.has(shape)) return;
      seen.add(shape);
      if (shape.type === 'struct') for (const name of shape.fieldNames()) walk(shape.field(name)!);
      if (shape.type === 'list' || shape.type === 'map') walk(shape.of);
    };
    walk(kind.shape());
    expect((kind.shape() as StructShape).fieldNames()).toEqual(expect.arrayContaining(['apiVersion', 'kind', 'metadata']));
    expect(seen.size).toBeGreaterThan(5);
  });
});
