import { beforeEach, expect, test } from 'vitest';
import type { PatchBody } from '../../../src/apiserver/api.ts';
import { DEPLOYMENTS } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { asManifest, deployment } from '../../tools/manifests.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
  const { kind, namespace } = place();
  plane.api.create({ kind, namespace }, asManifest(deployment('web', { replicas: 1 })), {}, by('git'));
});

const by = (manager: string) => ({ user: 'a', groups: [], manager });

const place = (subresource?: string) => {
  const kind = plane.api.kinds.byResource(DEPLOYMENTS.group, DEPLOYMENTS.version, DEPLOYMENTS.plural)!;
  return { kind, namespace: 'default', name: 'web', ...(subresource ? { subresource } : {}) };
};

function scale(manager: string, type: 'apply' | 'merge', replicas: number | undefined, force = false) {
  const wanted = asManifest({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas } });
  const patch: PatchBody = type === 'apply' ? { type, object: wanted } : { type, patch: { spec: { replicas } } };
  return plane.api.patch(place('scale'), patch, { force }, by(manager)).found.value;
}

function owners() {
  const { managedFields = [] } = plane.api.get(place()).value.metadata;
  const named = managedFields.filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes('"f:replicas"'));
  return named.map(({ manager, operation, subresource }) => [manager, operation, subresource].filter(Boolean).join(' '));
}

test('who applies a scale owns the replicas, unless somebody else asked for other ones', () => {
  const refusal = 'Apply failed with 1 conflict: conflict with "git" using apps/v1: .spec.replicas';
  expect(() => scale('hand', 'apply', 3)).toThrow(refusal);
  expect(scale('hand', 'apply', 3, true)).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
  expect(owners()).toEqual(['hand Apply scale']);
  scale('bot', 'merge', 4);
  expect(owners()).toEqual(['bot Update scale']);
  scale('hand', 'apply', 4);
  expect(owners()).toEqual(['hand Apply scale', 'bot Update scale']);
});

test('who applies fewer than none is told so of the object', () => {
  expect(() => scale('hand', 'apply', -1, true)).toThrow('Deployment.apps "web" is invalid: spec.replicas');
});
