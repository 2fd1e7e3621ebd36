import { beforeEach, expect, test } from 'vitest';
import type { Written } from '../../../src/apiserver/api.ts';
import { CONFIG_MAPS, type OwnerReference } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { asManifest, configMap } from '../../tools/manifests.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const caller = { user: 'a', groups: [], manager: 'a' };
const owner = (more: Partial<OwnerReference> = {}): OwnerReference => ({ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', ...more });

const placeOf = (name?: string) => {
  const kind = plane.api.kinds.byResource(CONFIG_MAPS.group, CONFIG_MAPS.version, CONFIG_MAPS.plural)!;
  return { kind, namespace: 'default', ...(name ? { name } : {}) };
};

const owned = (ownerReferences: readonly OwnerReference[]) => {
  const { metadata, ...others } = configMap('a');
  return asManifest({ ...others, metadata: { ...metadata, ownerReferences } });
};

const warning = (when = '') =>
  `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such ` +
  'requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u';

const create = (owners: readonly OwnerReference[]) => plane.api.create(placeOf(), owned(owners), {}, caller);
const update = (owners: readonly OwnerReference[]) => plane.api.update(placeOf('a'), owned(owners), {}, caller);
const patch = (ownerReferences: readonly OwnerReference[]) =>
  plane.api.patch(placeOf('a'), { type: 'merge', patch: { metadata: { ownerReferences } } }, {}, caller);

test.each<[string, (owners: readonly OwnerReference[]) => Written, string]>([
  ['create', create, warning()],
  ['update', update, warning()],
  ['patch', patch, warning(' after mutating admission happens')],
])('%s keeps an owner that is named twice once, and warns', (verb, write, said) => {
  if (verb !== 'create') create([]);
  const controller = owner({ controller: true });
  const { found, warnings } = write([controller, owner({ uid: 'other' }), controller]);
  expect(found.value.metadata.ownerReferences).toEqual([controller, owner({ uid: 'other' })]);
  expect(warnings).toEqual([said]);
});

test('owners that differ in anything are two', () => {
  const owners = [owner(), owner({ blockOwnerDeletion: true })];
  const { found, warnings } = create(owners);
  expect(found.value.metadata.ownerReferences).toEqual(owners);
  expect(warnings).toEqual([]);
});
