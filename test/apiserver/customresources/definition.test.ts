import { beforeEach, describe, expect, test } from 'vitest';
import type { Seen } from '../../../src/apiserver/index.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, type CustomResourceDefinition, type Manifest } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { define, definition, GROUP, version, website, WEBSITES } from './definitions.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const read = (name = `websites.${GROUP}`) => plane.client.get(CUSTOM_RESOURCE_DEFINITIONS, name);
const condition = ({ status }: CustomResourceDefinition, wanted: string) => {
  const found = status?.conditions?.find(({ type }) => type === wanted);
  return found && `${found.status} ${found.reason}: ${found.message}`;
};
const servedVersions = () => plane.api.kinds.all().filter(({ group }) => group === GROUP).map(({ version: name }) => name); // prettier-ignore

describe('a definition', () => {
  test('is established in the answer that creates it, and served from then on', async () => {
    const made = await define(plane, { names: { shortNames: ['ws'], categories: ['all'] } });
    expect(condition(made, 'NamesAccepted')).toBe('True NoConflicts: no conflicts found');
    expect(condition(made, 'Established')).toBe('True InitialNamesAccepted: the initial names have been accepted');
    expect(made.status).toMatchObject({
      acceptedNames: { plural: 'websites', singular: 'website', kind: 'Website', listKind: 'WebsiteList', shortNames: ['ws'], categories: ['all'] },
      storedVersions: ['v1'],
    }); // prettier-ignore
    expect(plane.api.kinds.byName('ws')).toMatchObject({ kind: 'Website', singular: 'website', categories: ['all'] });
    await expect(plane.client.create(WEBSITES, website('a'))).resolves.toMatchObject({ metadata: { generation: 1 } });
  });

  test('that is only tried makes nothing', async () => {
    await plane.client.create(CUSTOM_RESOURCE_DEFINITIONS, definition(), { dryRun: true });
    expect(servedVersions()).toEqual([]);
  });

  test('is served again after a restart', async () => {
    await define(plane);
    const { createApi } = await import('../../../src/apiserver/index.ts');
    const { BUILT_IN_KINDS, KindRegistry } = await import('../../../src/model/index.ts');
    const { seededRandom } = await import('../../../src/base/index.ts');
    const kinds = new KindRegistry(BUILT_IN_KINDS);
    createApi({ store: plane.store, kinds, clock: plane.clock, random: seededRandom(2), serviceCidr: '127.96.0.0/16' });
    expect(kinds.byResource(GROUP, 'v1', 'websites')?.kind).toBe('Website');
  });

  test.each([
    ['the plural', { kind: 'Other', names: { listKind: 'Others', singular: 'websites' } }, 'SingularConflict'],
    ['a short name', { kind: 'Other', plural: 'others', names: { shortNames: ['website'] } }, 'ShortNamesConflict'],
    ['the kind', { kind: 'Website', plural: 'others', names: { singular: 'other', listKind: 'Others' } }, 'KindConflict'],
  ])('that takes %s of another waits until that is gone', async (_, written, reason) => {
    await define(plane);
    const late = await define(plane, { plural: 'others', ...written });
    expect(condition(late, 'NamesAccepted')).toContain(`False ${reason}`);
    expect(condition(late, 'Established')).toBe('False NotAccepted: not all names are accepted');
    expect(plane.api.kinds.byResource(GROUP, 'v1', 'others')).toBeUndefined();
    await plane.client.delete({ kind: CUSTOM_RESOURCE_DEFINITIONS, name: `websites.${GROUP}` });
    await plane.clock.settle();
    expect(condition(await read(`others.${GROUP}`), 'Established')).toContain('True');
    expect(plane.api.kinds.byResource(GROUP, 'v1', 'others')).toBeDefined();
  });

  test('that takes many names of another tells of the last', async () => {
    await define(plane, { names: { shortNames: ['w', 'ws'] } });
    const late = await define(plane, { plural: 'others', kind: 'Website' });
    expect(condition(late, 'NamesAccepted')).toBe('False ListKindConflict: "WebsiteList" is already in use');
    const short = await define(plane, { plural: 'more', kind: 'More', names: { shortNames: ['w', 'ws'] } });
    expect(condition(short, 'NamesAccepted')).toBe('False ShortNamesConflict: ["w" is already in use, "ws" is already in use]');
  });

  test('of a group of the community says whether its API was approved', async () => {
    const made = { ...definition({ spec: { group: 'things.k8s.io' } }) };
    const annotations = { 'api-approved.kubernetes.io': 'https://example.com/review' };
    const object = { ...made, metadata: { name: 'websites.things.k8s.io', annotations } };
    const conforms = condition(await plane.client.create(CUSTOM_RESOURCE_DEFINITIONS, object), 'KubernetesAPIApprovalPolicyConformant');
    expect(conforms).toBe('True ApprovedAnnotation: approved in https://example.com/review');
  });

  test('cannot take the names of a kind that is built in', async () => {
    const spec = { group: 'slipway.dev' };
    const late = { ...definition({ plural: 'applications', kind: 'Application', spec }), metadata: { name: 'applications.slipway.dev' } };
    expect(condition(await plane.client.create(CUSTOM_RESOURCE_DEFINITIONS, late), 'Established')).toContain('False');
    expect(plane.api.kinds.byResource('slipway.dev', 'v1', 'applications')?.stored).toBeUndefined();
  });
});

describe('a change of a definition', () => {
  const change = async (patch: object) =>
    plane.client.patch({ kind: CUSTOM_RESOURCE_DEFINITIONS, name: `websites.${GROUP}` }, { type: 'merge', patch: patch as never });

  test('is in force for the next write, and shows in what was written before', async () => {
    await define(plane);
    await plane.client.create(WEBSITES, website('old', { host: 'a' }));
    await change({ spec: { versions: [version({ host: { type: 'string' }, port: { type: 'integer', default: 80 } })] } });
    expect(await plane.client.get(WEBSITES, 'old', 'default')).toMatchObject({ spec: { host: 'a', port: 80 } });
    await expect(plane.client.create(WEBSITES, website('new', { port: 'x' }))).rejects.toMatchObject({ reason: 'Invalid' });
    expect(await plane.client.create(WEBSITES, website('new', { host: 'b' }))).toMatchObject({ spec: { host: 'b', port: 80 } });
    expect(plane.client.informer<Manifest>(WEBSITES).get('default/old')).toMatchObject({ spec: { port: 80 } });
  });

  test('ends the watches of its kind, and a new watch shows the next form', async () => {
    await define(plane);
    const seen: string[] = [];
    const kind = plane.api.kinds.byResource(GROUP, 'v1', 'websites')!;
    const see = (event: Seen) => void seen.push('found' in event ? `${event.type} ${event.found.value.metadata.name}` : event.type);
    plane.api.watch({ kind }, { resourceVersion: String(plane.store.revision) }, see);
    await plane.client.create(WEBSITES, website('a'));
    await change({ spec: { versions: [version({ port: { type: 'integer', default: 80 } })] } });
    await plane.client.create(WEBSITES, website('b'));
    expect(seen).toEqual(['ADDED a', 'END']);
  });

  test('of annotations alone leaves the kind and its watches as they are', async () => {
    await define(plane);
    const kind = plane.api.kinds.byResource(GROUP, 'v1', 'websites');
    await change({ metadata: { annotations: { a: 'b' } } });
    expect(plane.api.kinds.byResource(GROUP, 'v1', 'websites')).toBe(kind);
  });

  test('adds and takes away versions, and remembers which may be stored', async () => {
    const v2 = version({}, { name: 'v2' });
    const v1 = version({}, { storage: false });
    await define(plane);
    await change({ spec: { versions: [v1, v2] } });
    expect(servedVersions().toSorted()).toEqual(['v1', 'v2']);
    expect((await read()).status?.storedVersions).toEqual(['v1', 'v2']);
    await change({ spec: { versions: [{ ...v1, served: false }, v2] } });
    expect(servedVersions()).toEqual(['v2']);
    await expect(change({ spec: { versions: [v2] } })).rejects.toMatchObject({
      message: expect.stringContaining('status.storedVersions[0]: Invalid value: "v1": missing from spec.versions'),
    });
  });

  test.each([
    ['scope', { scope: 'Cluster' }],
    ['names.kind', { names: { kind: 'Page' } }],
  ])('cannot change %s once it is established', async (field, spec) => {
    await define(plane);
    await expect(change({ spec })).rejects.toMatchObject({ message: expect.stringContaining(`spec.${field}: Invalid value`) });
  });
});

describe('the deletion of a definition', () => {
  const remove = () => plane.client.delete({ kind: CUSTOM_RESOURCE_DEFINITIONS, name: `websites.${GROUP}` });

  test('deletes its objects, ends their watches, and then the kind is gone', async () => {
    await define(plane);
    for (const name of ['a', 'b']) await plane.client.create(WEBSITES, website(name));
    const seen: string[] = [];
    const kind = () => plane.api.kinds.byResource(GROUP, 'v1', 'websites')!;
    const see = (event: Seen) => void seen.push('found' in event ? `${event.type} ${event.found.value.metadata.name}` : event.type);
    plane.api.watch({ kind: kind() }, {}, see);
    const place = {
      kind: plane.api.kinds.byResource('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')!,
      name: `websites.${GROUP}`,
    };
    const { found } = plane.api.delete(place, {}, { user: 'a', groups: [], manager: 'a' });
    expect(condition(found.value as unknown as CustomResourceDefinition, 'Terminating')).toContain('True InstanceDeletionPending');
    expect(kind().verbs).not.toContain('create');
    await plane.clock.settle();
    expect(seen).toEqual(['ADDED a', 'ADDED b', 'DELETED a', 'DELETED b', 'END']);
    await expect(read()).rejects.toMatchObject({ reason: 'NotFound' });
    await expect(plane.client.list(WEBSITES)).rejects.toMatchObject({ reason: 'NotFound' });
    expect(plane.store.list(`${GROUP}/websites/`).entries).toEqual([]);
  });

  test('waits for objects with finalizers, and takes no new ones meanwhile', async () => {
    await define(plane);
    await plane.client.create(WEBSITES, {
      ...website('a'),
      metadata: { name: 'a', namespace: 'default', finalizers: ['example.com/hold'] },
    });
    await remove();
    await plane.clock.settle();
    await expect(plane.client.create(WEBSITES, website('b'))).rejects.toMatchObject({
      reason: 'Forbidden',
      message: 'websites.shop.example.com "b" is forbidden: create not allowed while custom resource definition is terminating',
    });
    expect((await read()).metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    await plane.client.patch(
      { kind: WEBSITES, name: 'a', namespace: 'default' },
      { type: 'merge', patch: { metadata: { finalizers: null } } },
    );
    await plane.clock.settle();
    await expect(read()).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('of one without objects is over at once', async () => {
    await define(plane);
    await remove();
    await plane.clock.settle();
    expect(servedVersions()).toEqual([]);
    await define(plane);
    expect(servedVersions()).toEqual(['v1']);
  });
});
