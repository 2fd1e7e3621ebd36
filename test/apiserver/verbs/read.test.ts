import { beforeEach, describe, expect, test } from 'vitest';
import type { StatusError } from '../../../src/base/index.ts';
import type { Found, Seen } from '../../../src/apiserver/index.ts';
import { CONFIG_MAPS, PODS } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { configMap, pod } from '../../tools/manifests.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

describe('list', () => {
  beforeEach(async () => {
    for (const [name, labels] of Object.entries({ b: { app: 'web' }, a: { app: 'web' }, c: { app: 'api' } })) {
      await plane.client.create(PODS, pod(name, {}, labels));
    }
  });

  const names = async (options: object) =>
    (await plane.client.list(PODS, { namespace: 'default', ...options })).items.map((item) => item.metadata.name);

  test.each([
    [{}, ['a', 'b', 'c']],
    [{ labelSelector: 'app=web' }, ['a', 'b']],
    [{ fieldSelector: 'metadata.name=c' }, ['c']],
    [{ fieldSelector: 'status.phase!=Pending' }, []],
    [{ labelSelector: 'app=web', fieldSelector: 'metadata.name!=a' }, ['b']],
    [{ namespace: 'other' }, []],
  ])('%j gives %j', async (options, expected) => {
    expect(await names(options)).toEqual(expected);
  });

  test('carries the revision of the store, not of its newest item', async () => {
    await plane.client.create(CONFIG_MAPS, configMap('later'));
    expect((await plane.client.list(PODS)).resourceVersion).toBe(String(plane.store.revision));
  });

  test('comes in pages that together are the whole', async () => {
    for (const options of [{}, { labelSelector: 'app in (web,api)' }]) {
      const first = await plane.client.list(PODS, { ...options, limit: 2 });
      const second = await plane.client.list(PODS, { ...options, limit: 2, continue: first.continue });
      expect([...first.items, ...second.items].map((item) => item.metadata.name)).toEqual(['a', 'b', 'c']);
      expect(second.continue).toBeUndefined();
    }
  });

  test('shows the revision of its first page on all others, whatever changes meanwhile', async () => {
    for (const selector of [{}, { labelSelector: 'app' }]) {
      const first = await plane.client.list(PODS, { namespace: 'default', limit: 1, ...selector });
      const [b] = (await plane.client.list(PODS, { fieldSelector: 'metadata.name=b' })).items;
      await plane.client.update(PODS, {
        ...b!,
        metadata: { ...b!.metadata, labels: { app: 'other', changed: selector.labelSelector ?? '' } },
      });
      await plane.client.create(PODS, pod(`bb-${selector.labelSelector ?? 'x'}`, {}, { app: 'web' }));
      const rest = await plane.client.list(PODS, { namespace: 'default', continue: first.continue, ...selector });
      expect(rest.resourceVersion).toBe(first.resourceVersion);
      expect(rest.items.filter(({ metadata }) => metadata.name === 'b')).toEqual([b]);
      expect(rest.items.every(({ metadata }) => Number(metadata.resourceVersion) <= Number(first.resourceVersion))).toBe(true);
    }
  });

  test('at one revision shows what was there', async () => {
    const resourceVersion = String(plane.store.revision);
    await plane.client.delete({ kind: PODS, namespace: 'default', name: 'a' });
    expect(await names({ resourceVersion, resourceVersionMatch: 'Exact' })).toEqual(['a', 'b', 'c']);
    expect(await names({ resourceVersion, limit: 1 })).toEqual(['a']);
    expect(await names({ resourceVersion })).toEqual(['b', 'c']);
  });

  test('with a token that history no longer reaches is expired, and brings one for the rest as it is now', async () => {
    const short = await controlPlane({ history: { changes: 4 } });
    for (const name of ['a', 'b', 'c']) await short.client.create(PODS, pod(name));
    const first = await short.client.list(PODS, { limit: 1 });
    for (let n = 0; n < 10; n++) await short.client.create(PODS, pod(`d${n}`));
    const error: unknown = await short.client.list(PODS, { limit: 1, continue: first.continue }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'Expired', message: expect.stringContaining('use the continue token in this response') });
    const { metadata, code } = (error as StatusError).toStatus();
    expect(code).toBe(410);
    const rest = await short.client.list(PODS, { limit: 2, continue: metadata.continue });
    expect(rest.items.map((item) => item.metadata.name)).toEqual(['b', 'c']);
    expect(rest.resourceVersion).toBe(String(short.store.revision));
    await expect(short.client.list(PODS, { resourceVersion: first.resourceVersion, limit: 1 })).rejects.toMatchObject({
      reason: 'Expired',
      message: 'The resourceVersion for the provided list is too old.',
    });
  });

  test.each([
    [{ resourceVersion: '0', resourceVersionMatch: 'Exact' }, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'],
    [{ fieldSelector: 'spec.nothing=x' }, 'field label not supported: spec.nothing'],
    [{ fieldSelector: 'metadata.name=a,nonsense' }, "invalid selector: 'metadata.name=a,nonsense'; can't understand 'nonsense'"],
    [{ labelSelector: 'a b' }, 'unable to parse requirement'],
    [{ continue: 'nonsense' }, 'continue key is not valid'],
    [{ resourceVersion: 'abc' }, 'invalid resource version'],
  ])('refuses %j', async (options, message) => {
    await expect(names(options)).rejects.toMatchObject({ reason: 'BadRequest', message: expect.stringContaining(message) });
  });
});

describe('watch', () => {
  const see = (query: object) => {
    const seen: string[] = [];
    const kind = plane.api.kinds.byResource('', 'v1', 'pods')!;
    const note = (event: Seen) => seen.push('found' in event ? `${event.type} ${event.found.value.metadata.name}` : event.type);
    return { seen, watching: plane.api.watch({ kind, namespace: 'default' }, query, note) };
  };

  test('shows what comes after a revision, in order', async () => {
    const { seen } = see({ resourceVersion: String(plane.store.revision) });
    const made = await plane.client.create(PODS, pod('a'));
    await plane.client.update(PODS, { ...made, metadata: { ...made.metadata, labels: { x: 'y' } } });
    await plane.client.delete({ kind: PODS, namespace: 'default', name: 'a' });
    expect(seen).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  test('resumes from an earlier revision and misses nothing', async () => {
    const from = String(plane.store.revision);
    await plane.client.create(PODS, pod('a'));
    await plane.client.create(PODS, pod('b'));
    expect(see({ resourceVersion: from }).seen).toEqual(['ADDED a', 'ADDED b']);
  });

  test('without a revision begins with what is there; a bookmark ends the initial events where it is asked for', async () => {
    await plane.client.create(PODS, pod('a'));
    expect(see({}).seen).toEqual(['ADDED a']);
    expect(see({ sendInitialEvents: true, allowBookmarks: true, resourceVersionMatch: 'NotOlderThan' }).seen).toEqual([
      'ADDED a',
      'BOOKMARK',
    ]);
  });

  test('shows an object that enters or leaves its selector as added or deleted', async () => {
    const made = await plane.client.create(PODS, pod('a', {}, { app: 'api' }));
    const { seen } = see({ resourceVersion: String(plane.store.revision), labelSelector: 'app=web' });
    const web = await plane.client.update(PODS, { ...made, metadata: { ...made.metadata, labels: { app: 'web' } } });
    await plane.client.update(PODS, { ...web, metadata: { ...web.metadata, labels: { app: 'api' } } });
    expect(seen).toEqual(['ADDED a', 'DELETED a']);
  });

  test('a deleted object carries the revision of its deletion', async () => {
    const made = await plane.client.create(PODS, pod('a'));
    const told: Found[] = [];
    const kind = plane.api.kinds.byResource('', 'v1', 'pods')!;
    plane.api.watch({ kind }, { resourceVersion: made.metadata.resourceVersion! }, (event) => {
      if (event.type === 'DELETED') told.push(event.found);
    });
    await plane.client.delete({ kind: PODS, namespace: 'default', name: 'a' });
    const gone = { ...made, metadata: { ...made.metadata, resourceVersion: String(plane.store.revision) } };
    expect(told.map(({ value }) => value)).toEqual([gone]);
    expect(told.map(({ text }) => text)).toEqual([JSON.stringify(gone)]);
  });
});
