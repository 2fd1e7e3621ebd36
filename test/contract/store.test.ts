import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { memoryStore, type Store, type StoreOptions } from '../../src/store/index.ts';
import { CAUSE, commit, freshDirectory, Notes, openJournal, put, remove } from '../store/journals.ts';

type Make = (options: StoreOptions, clock: ManualClock) => Store | Promise<Store>;

const STORES: [name: string, make: Make][] = [
  ['memory', (options) => memoryStore(options)],
  ['journal', (options, clock) => openJournal(freshDirectory(), { ...options, clock })],
  ['fork of a memory store', (options) => memoryStore(options).fork()],
  ['fork of a journal store', async (options, clock) => (await openJournal(freshDirectory(), { ...options, clock })).fork()],
];

const OPTIONS = {
  stamp: (value: unknown, revision: number) => ({ ...(value as object), version: String(revision) }),
  indexes: { owner: (_key: string, value: unknown) => (value as { owners?: string[] }).owners ?? [] },
};

describe.each(STORES)('%s', (_name, make) => {
  const clock = new ManualClock();
  const open = (options: Partial<StoreOptions> = {}) => make({ now: () => clock.now(), ...options }, clock);
  const keys = (store: Store, prefix: string) => store.list(prefix).entries.map((entry) => entry.key);

  describe('commit', () => {
    test('gives each change its own, consecutive revision', async () => {
      const store = await open();
      const entries = commit(store, put('core/pods/d/a'), put('core/pods/d/b'));
      expect(entries.map((entry) => entry?.revision)).toEqual([1, 2]);
      expect(store.revision).toBe(2);
    });

    test('keeps the revision of the creation through updates, and not through a deletion', async () => {
      const store = await open();
      commit(store, put('core/pods/d/a'));
      expect(commit(store, put('core/pods/d/a'))[0]).toMatchObject({ revision: 2, created: 1 });
      commit(store, remove('core/pods/d/a'));
      expect(commit(store, put('core/pods/d/a'))[0]).toMatchObject({ revision: 4, created: 4 });
    });

    test('stamps the revision into the value', async () => {
      const store = await open(OPTIONS);
      commit(store, put('core/pods/d/a', { x: 1 }));
      expect(store.get('core/pods/d/a')).toMatchObject({ value: { x: 1, version: '1' }, text: '{"x":1,"version":"1"}' });
    });

    test.each([
      ['absent, and it is there', 'core/pods/d/there', 'absent', 1],
      ['another revision', 'core/pods/d/there', 7, 1],
      ['a revision, and it is absent', 'core/pods/d/gone', 1, 'absent'],
    ] as const)('a put that expects %s changes nothing', async (_case, key, expect_, current) => {
      const store = await open();
      commit(store, put('core/pods/d/there'));
      const result = store.commit([put('core/pods/d/new'), put(key, {}, { expect: expect_ })], CAUSE);
      expect(result).toEqual({ ok: false, key, current });
      expect(keys(store, 'core/pods/')).toEqual(['core/pods/d/there']);
      expect(store.revision).toBe(1);
    });

    test('a delete is refused like a put', async () => {
      const store = await open();
      commit(store, put('core/pods/d/a'));
      expect(store.commit([{ op: 'delete', key: 'core/pods/d/a', expect: 3 }], CAUSE)).toEqual({
        ok: false,
        key: 'core/pods/d/a',
        current: 1,
      });
      expect(store.commit([{ op: 'delete', key: 'core/pods/d/a', expect: 1 }], CAUSE)).toEqual({
        ok: true,
        revision: 2,
        entries: [undefined],
      });
      expect(store.get('core/pods/d/a')).toBeUndefined();
    });

    test('deleting what is not there takes no revision', async () => {
      const store = await open();
      expect(store.commit([remove('core/pods/d/a')], CAUSE)).toEqual({ ok: true, revision: 0, entries: [undefined] });
    });

    test('refuses to change one key twice, and changes nothing', async () => {
      const store = await open();
      expect(() => store.commit([put('core/pods/d/a'), remove('core/pods/d/a')], CAUSE)).toThrow('twice');
      expect(store.revision).toBe(0);
    });

    test('is refused once the store is closed', async () => {
      const store = await open();
      await store.close();
      expect(() => store.commit([put('core/pods/d/a')], CAUSE)).toThrow('the store is closed');
    });
  });

  describe('list', () => {
    const NAMES = ['core/pods/a/2', 'core/pods/a/1', 'core/pods/b/1', 'core/nodes/1', 'apps/pods/a/1', 'core/pods/a-b/1'];

    test('is in the order of the keys, at the revision of the store', async () => {
      const store = await open();
      commit(store, ...NAMES.map((key) => put(key)));
      expect(keys(store, 'core/pods/')).toEqual(['core/pods/a-b/1', 'core/pods/a/1', 'core/pods/a/2', 'core/pods/b/1']);
      expect(keys(store, 'core/pods/a/')).toEqual(['core/pods/a/1', 'core/pods/a/2']);
      expect(keys(store, 'core/services/')).toEqual([]);
      expect(store.list('core/pods/').revision).toBe(NAMES.length);
    });

    test('comes in pages that say what follows', async () => {
      const store = await open();
      commit(store, ...NAMES.map((key) => put(key)));
      const first = store.list('core/pods/', { limit: 3 });
      expect(first).toMatchObject({ next: 'core/pods/a/2', remaining: 1 });
      const second = store.list('core/pods/', { limit: 3, after: first.next! });
      expect(second.entries.map((entry) => entry.key)).toEqual(['core/pods/b/1']);
      expect(second.next ?? second.remaining).toBeUndefined();
    });

    test('a page that just fits is the last', async () => {
      const store = await open();
      commit(store, ...NAMES.map((key) => put(key)));
      expect(store.list('core/pods/a/', { limit: 2 }).next).toBeUndefined();
    });

    test('goes on after a key that is gone', async () => {
      const store = await open();
      commit(store, ...NAMES.map((key) => put(key)));
      commit(store, remove('core/pods/a/1'));
      expect(store.list('core/pods/', { after: 'core/pods/a/1' }).entries.map((entry) => entry.key)).toEqual([
        'core/pods/a/2',
        'core/pods/b/1',
      ]);
    });

    test('holds thousands that came in any order', async () => {
      const store = await open();
      const names = Array.from({ length: 3000 }, (_, n) => `core/pods/d/${String((n * 7919) % 3000).padStart(4, '0')}`);
      for (const key of names) commit(store, put(key));
      for (const key of names.slice(0, 1500)) commit(store, remove(key));
      expect(keys(store, 'core/pods/')).toEqual(names.slice(1500).toSorted());
      expect(store.list('core/pods/', { limit: 100 }).remaining).toBe(1400);
    });
  });

  describe('index', () => {
    test('finds by what the value says now', async () => {
      const store = await open(OPTIONS);
      commit(store, put('core/pods/d/b', { owners: ['x', 'y'] }), put('core/pods/d/a', { owners: ['x'] }), put('apps/sets/d/c', {}));
      const owned = (value: string) => store.byIndex('owner', value).map((entry) => entry.key);
      expect(owned('x')).toEqual(['core/pods/d/a', 'core/pods/d/b']);
      commit(store, put('core/pods/d/a', { owners: ['z'] }), remove('core/pods/d/b'), put('apps/sets/d/c', { owners: ['x'] }));
      expect([owned('x'), owned('y'), owned('z')]).toEqual([['apps/sets/d/c'], [], ['core/pods/d/a']]);
      expect(store.byIndex('owner', 'x')[0]).toBe(store.get('apps/sets/d/c'));
    });

    test('that was never declared is an error', async () => {
      const store = await open();
      expect(() => store.byIndex('owner', 'x')).toThrow('no index owner');
    });
  });

  test('what is not kept as text has it all the same', async () => {
    const store = await open({ textless: (key) => key.startsWith('core/events/') });
    commit(store, put('core/events/d/a', { said: 'ä' }), put('core/pods/d/a', { said: 'b' }));
    expect(store.list('core/').entries.map(({ text }) => text)).toEqual(['{"said":"ä"}', '{"said":"b"}']);
    await store.durable(store.revision);
    expect(store.get('core/events/d/a')).toMatchObject({ text: '{"said":"ä"}', value: { said: 'ä' } });
  });

  describe('expiry', () => {
    test('what has expired is gone for every reader, without a revision', async () => {
      const store = await open(OPTIONS);
      commit(
        store,
        put('core/events/d/a', { owners: ['x'] }, { expiresAt: clock.now() + 1000 }),
        put('core/events/d/b', { owners: ['x'] }),
      );
      await clock.advance(999);
      expect(keys(store, 'core/events/')).toHaveLength(2);
      await clock.advance(1);
      expect(store.get('core/events/d/a')).toBeUndefined();
      expect(keys(store, 'core/events/')).toEqual(['core/events/d/b']);
      expect(store.byIndex('owner', 'x')).toHaveLength(1);
      expect(store.revision).toBe(2);
    });

    test('a version that took the place of one that would expire stays', async () => {
      const store = await open(OPTIONS);
      commit(store, put('core/events/d/a', { owners: ['x'] }, { expiresAt: clock.now() + 1000 }));
      commit(store, put('core/events/d/a', { owners: ['x'] }));
      await clock.advance(1000);
      expect(keys(store, 'core/events/')).toEqual(['core/events/d/a']);
      expect(store.byIndex('owner', 'x')).toEqual([store.get('core/events/d/a')]);
    });

    test('a later version has its own time', async () => {
      const store = await open();
      commit(store, put('core/events/d/a', {}, { expiresAt: clock.now() + 1000 }));
      commit(store, put('core/events/d/a', {}, { expiresAt: clock.now() + 5000 }));
      await clock.advance(1000);
      expect(store.get('core/events/d/a')?.revision).toBe(2);
      await clock.advance(4000);
      expect(commit(store, put('core/events/d/a', {}, { expect: 'absent' }))[0]).toMatchObject({ revision: 3, created: 3 });
    });
  });

  describe('a volatile change', () => {
    test('takes its own revision, and is read, listed and watched like any other', async () => {
      const store = await open(OPTIONS);
      const notes = new Notes();
      store.watch('core/leases/', 0, notes);
      commit(store, put('core/leases/n', { beat: 1 }), put('core/pods/d/a'));
      commit(store, put('core/leases/n', { beat: 2, owners: ['x'] }, { volatile: true }), put('core/pods/d/b'));
      commit(store, put('core/leases/m', {}, { volatile: true }));
      expect(store.get('core/leases/n')).toMatchObject({ revision: 3, created: 1, value: { beat: 2, version: '3' } });
      expect(store.byIndex('owner', 'x').map((entry) => entry.key)).toEqual(['core/leases/n']);
      expect(notes.heard).toEqual(['1 +core/leases/n', '3 ~core/leases/n', '5 +core/leases/m']);
      expect(store.list('core/leases/')).toMatchObject({ revision: 5, entries: [{ key: 'core/leases/m' }, { key: 'core/leases/n' }] });
      await store.durable(5);
      expect(store.durableRevision).toBe(5);
    });

    test('conflicts like any other', async () => {
      const store = await open();
      commit(store, put('core/leases/n', {}, { volatile: true }));
      const result = store.commit([put('core/leases/n', {}, { volatile: true, expect: 'absent' })], CAUSE);
      expect(result).toEqual({ ok: false, key: 'core/leases/n', current: 1 });
    });
  });

  describe('watch', () => {
    test('tells of each change under its prefix, in the order of the revisions', async () => {
      const store = await open();
      const [all, pods, one, core] = [new Notes(), new Notes(), new Notes(), new Notes()];
      store.watch('', 0, all);
      store.watch('core/pods/', 0, pods);
      store.watch('core/pods/d/', 0, one);
      store.watch('core/', 0, core);
      commit(store, put('core/pods/d/a'), put('core/pods/e/a'), put('apps/pods/d/a'));
      commit(store, put('core/pods/d/a'), remove('core/pods/e/a'));
      expect(all.heard).toEqual(['1 +core/pods/d/a', '2 +core/pods/e/a', '3 +apps/pods/d/a', '4 ~core/pods/d/a', '5 -core/pods/e/a']);
      expect(pods.heard).toEqual(['1 +core/pods/d/a', '2 +core/pods/e/a', '4 ~core/pods/d/a', '5 -core/pods/e/a']);
      expect(one.heard).toEqual(['1 +core/pods/d/a', '4 ~core/pods/d/a']);
      expect(core.heard).toEqual(pods.heard);
    });

    test('begins with what it missed', async () => {
      const store = await open();
      commit(store, put('core/pods/d/a'), put('core/pods/d/b'), put('core/nodes/n'));
      const notes = new Notes();
      store.watch('core/pods/', 1, notes);
      commit(store, put('core/pods/d/c'));
      expect(notes.heard).toEqual(['2 +core/pods/d/b', '4 +core/pods/d/c']);
    });

    test('from a revision in the future waits for it', async () => {
      const store = await open();
      const notes = new Notes();
      store.watch('core/pods/', 2, notes);
      commit(store, put('core/pods/d/a'), put('core/pods/d/b'), put('core/pods/d/c'));
      expect(notes.heard).toEqual(['3 +core/pods/d/c']);
    });

    test.each([
      ['number', { changes: 2 }],
      ['bytes', { bytes: 2 * 3000 }],
    ])('from before the history, bounded by its %s, has expired', async (_what, history) => {
      const store = await open({ history });
      for (const name of ['a', 'b', 'c']) commit(store, put(`core/pods/d/${name}`, { filler: 'x'.repeat(2900) }));
      const [early, late] = [new Notes(), new Notes()];
      store.watch('core/pods/', 0, early);
      store.watch('core/pods/', 1, late);
      expect(early).toMatchObject({ heard: [], end: 'expired' });
      expect(late).toMatchObject({ heard: ['2 +core/pods/d/b', '3 +core/pods/d/c'], end: undefined });
    });

    test('is silent once closed, and is told when the store closes', async () => {
      const store = await open();
      const [left, stayed] = [new Notes(), new Notes()];
      store.watch('core/pods/', 0, left).close();
      store.watch('core/pods/', 0, stayed);
      commit(store, put('core/pods/d/a'));
      await store.close();
      expect(left).toMatchObject({ heard: [], end: undefined });
      expect(stayed).toMatchObject({ heard: ['1 +core/pods/d/a'], end: 'closed' });
    });

    test('a subscriber that throws is ended, and the others and the writer do not notice', async () => {
      const store = await open();
      const [broken, fine] = [new Notes(), new Notes()];
      broken.changed = () => {
        throw new Error('full');
      };
      store.watch('core/pods/', 0, broken);
      store.watch('core/pods/', 0, fine);
      commit(store, put('core/pods/d/a'));
      commit(store, put('core/pods/d/b'));
      expect(broken.end).toBe('overflow');
      expect(fine.heard).toHaveLength(2);
    });

    test('a subscriber is told of the end of a turn that brought it something, once', async () => {
      const store = await open();
      const clock = new ManualClock();
      const [touched, untouched, broken] = [new Notes(), new Notes(), new Notes()];
      const [heardAtEnd, atEndOf] = [[] as number[], (notes: Notes) => ({ turnEnded: () => void heardAtEnd.push(notes.heard.length) })];
      store.watch('core/pods/', 0, Object.assign(touched, atEndOf(touched)));
      store.watch('core/nodes/', 0, Object.assign(untouched, atEndOf(untouched)));
      const fail = () => {
        throw new Error('full');
      };
      store.watch('core/pods/', 0, Object.assign(broken, { turnEnded: fail }));
      commit(store, put('core/pods/d/a'));
      commit(store, put('core/pods/d/b'));
      expect(heardAtEnd).toEqual([]);
      await clock.settle();
      commit(store, put('core/pods/d/c'));
      await clock.settle();
      expect(heardAtEnd).toEqual([2, 3]);
      expect(broken).toMatchObject({ heard: ['1 +core/pods/d/a', '2 +core/pods/d/b'], end: 'overflow' });
    });

    test('a commit from within a delivery comes after it, for everyone', async () => {
      const store = await open();
      const [first, second] = [new Notes(), new Notes()];
      const note = first.changed.bind(first);
      first.changed = (change) => {
        note(change);
        if (change.revision === 1) commit(store, put('core/pods/d/b'));
      };
      store.watch('core/pods/', 0, first);
      store.watch('core/pods/', 0, second);
      commit(store, put('core/pods/d/a'));
      expect(first.heard).toEqual(['1 +core/pods/d/a', '2 +core/pods/d/b']);
      expect(second.heard).toEqual(first.heard);
    });
  });

  test('that lets go of what can be made again says the same as before', async () => {
    const store = await open();
    commit(store, put('core/pods/d/1', { n: 1 }), put('core/pods/d/2', { n: 2 }));
    commit(store, put('core/pods/d/1', { n: 3 }), remove('core/pods/d/2'));
    const texts = () => store.list('core/pods/').entries.map(({ text }) => text);
    const [before, notes] = [texts(), new Notes()];
    store.slim();
    expect(texts()).toEqual(before);
    expect(store.get('core/pods/d/1')?.value).toEqual(JSON.parse(before[0]!));
    store.watch('core/pods/', 2, notes);
    expect(notes.heard).toHaveLength(2);
  });

  describe('fork', () => {
    test('goes its own way, and so does its parent', async () => {
      const store = await open(OPTIONS);
      for (let n = 0; n < 600; n++) commit(store, put(`core/pods/d/${n}`, { owners: ['x'] }));
      store.byIndex('owner', 'x');
      const notes = new Notes();
      store.watch('core/pods/', store.revision, notes);
      const fork = store.fork();
      commit(fork, put('core/pods/d/1', { owners: ['y'] }), remove('core/pods/d/2'));
      commit(store, put('core/pods/d/1', { owners: ['z'] }), put('core/pods/d/new'));
      expect([keys(fork, 'core/pods/').length, keys(store, 'core/pods/').length]).toEqual([599, 601]);
      expect([fork.byIndex('owner', 'x').length, store.byIndex('owner', 'x').length]).toEqual([598, 599]);
      expect(fork.get('core/pods/d/1')?.value).toMatchObject({ owners: ['y'] });
      expect(store.get('core/pods/d/1')?.value).toMatchObject({ owners: ['z'] });
      expect(fork.get('core/pods/d/3')).toBe(store.get('core/pods/d/3'));
      expect(notes.heard).toEqual(['601 ~core/pods/d/1', '602 +core/pods/d/new']);
    });
  });

  test('what is durable is told, and stays so', async () => {
    const store = await open();
    commit(store, put('core/pods/d/a'), put('core/pods/d/b'));
    store.record({ event: 'seen', message: 'a commit' });
    await store.durable(2);
    expect(store.durableRevision).toBe(2);
    await store.durable(1);
  });
});
