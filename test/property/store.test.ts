import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { memoryStore, type Change, type Changed, type Store, type WatchEnd } from '../../src/store/index.ts';
import { CAUSE, freshDirectory, openJournal, stateOf } from '../store/journals.ts';

/** What a store is, in a plain Map. */
interface Model {
  entries: Map<string, { revision: number; created: number; value: unknown; expiresAt: number | undefined }>;
  revision: number;
  /** What there was after each commit. */
  past: Map<number, Model['entries']>;
  changes: { revision: number; key: string; kind: string }[];
}

const KEYS = ['core/pods/a/1', 'core/pods/a/2', 'core/pods/b/1', 'core/nodes/1', 'apps/sets/a/1'];
const PREFIXES = ['', 'core/', 'core/pods/', 'core/pods/a/', 'apps/sets/', 'apps/none/'];
const OPTIONS = { indexes: { team: (_key: string, value: unknown) => [(value as { team: string }).team] } };

type Step =
  | {
      do: 'commit';
      changes: {
        key: string;
        op: 'put' | 'delete';
        team: string;
        expect: 'any' | 'absent' | 'current' | 'stale';
        lasts: number | undefined;
      }[];
    }
  | { do: 'wait'; ms: number }
  | { do: 'slim' }
  | { do: 'watch'; prefix: string; back: number };

const change = fc.record({
  key: fc.constantFrom(...KEYS),
  op: fc.constantFrom('put' as const, 'put' as const, 'delete' as const),
  team: fc.constantFrom('red', 'blue'),
  expect: fc.constantFrom('any' as const, 'any' as const, 'absent' as const, 'current' as const, 'stale' as const),
  lasts: fc.constantFrom(undefined, undefined, 50, 200),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      changes: fc.uniqueArray(change, { selector: ({ key }) => key, minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('slim' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 150 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('watch' as const), prefix: fc.constantFrom(...PREFIXES), back: fc.nat(5) }) },
);

/** A watcher, and what it must have been told. */
interface Watched {
  prefix: string;
  after: number;
  told: { revision: number; key: string; kind: string }[];
}

const kindOf = ({ before, after }: Pick<Changed, 'before' | 'after'>) => (after ? (before ? 'updated' : 'created') : 'deleted');

class Twin {
  readonly model: Model = { entries: new Map(), revision: 0, past: new Map(), changes: [] };
  readonly watched: Watched[] = [];
  readonly store: Store;
  readonly clock: ManualClock;
  /** The revision at which this life began. */
  readonly begun: number;

  constructor(store: Store, clock: ManualClock) {
    this.store = store;
    this.clock = clock;
    this.begun = store.revision;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const next of steps) {
      if (next.do === 'wait') await this.clock.advance(next.ms);
      if (next.do === 'slim') this.store.slim();
      if (next.do === 'watch') this.#watch(next.prefix, Math.max(0, this.model.revision - next.back));
      if (next.do === 'commit') this.#commit(next.changes);
      this.compare();
    }
  }

  compare(): void {
    const { store, model } = this;
    const present = this.#present();
    expect(stateOf(store)).toEqual(Object.fromEntries(present.map(([key, entry]) => [key, [entry.revision, entry.created, entry.value]])));
    for (const prefix of PREFIXES) {
      const keys = present.map(([key]) => key).filter((key) => key.startsWith(prefix));
      expect(pagesOf(store, prefix)).toEqual(keys);
    }
    for (const team of ['red', 'blue']) {
      const members = present.filter(([, { value }]) => (value as { team: string }).team === team).map(([key]) => key);
      expect(store.byIndex('team', team).map((entry) => entry.key)).toEqual(members);
    }
    expect(store.revision).toBe(model.revision);
    this.#compareThePast();
    for (const { prefix, after, told } of this.watched) {
      expect(told).toEqual(model.changes.filter(({ key, revision }) => revision > after && key.startsWith(prefix)));
    }
  }

  #compareThePast(): void {
    const { store, model } = this;
    for (const [revision, entries] of [...model.past].slice(-4)) {
      for (const prefix of PREFIXES) {
        const keys = this.#alive(entries).filter(([key]) => key.startsWith(prefix));
        const found = pagesAt(store, prefix, revision);
        // A snapshot holds no history.
        if (!found) expect(revision).toBeLessThan(this.begun);
        else expect(found).toEqual(keys.map(([key, entry]) => [key, entry.revision, entry.value]));
      }
    }
  }

  #watch(prefix: string, after: number): void {
    const told: Watched['told'] = [];
    let why: WatchEnd | undefined;
    this.store.watch(prefix, after, {
      changed: (seen) => told.push({ revision: seen.revision, key: seen.key, kind: kindOf(seen) }),
      ended: (end) => (why ??= end),
    });
    // A snapshot holds no history.
    if (why === 'expired') expect(after).toBeLessThan(this.begun);
    else this.watched.push({ prefix, after, told });
  }

  #commit(wanted: Extract<Step, { do: 'commit' }>['changes']): void {
    const present = new Map(this.#present());
    const changes = wanted.map(({ key, op, team, expect: expectation, lasts }): Change => {
      const current = present.get(key)?.revision ?? 'absent';
      const expected = expectation === 'current' ? current : expectation === 'stale' ? 999_999 : expectation;
      if (op === 'delete') return { op, key, expect: expected };
      return {
        op,
        key,
        expect: expected,
        value: { team, after: this.model.revision },
        ...(lasts && { expiresAt: this.clock.now() + lasts }),
      };
    });
    const conflict = changes.find(
      ({ key, expect: expected }) => expected !== 'any' && expected !== (present.get(key)?.revision ?? 'absent'),
    );
    const result = this.store.commit(changes, CAUSE);
    expect(result.ok).toBe(!conflict);
    if (conflict) return;
    for (const made of changes) this.#apply(made, present.get(made.key));
    this.model.past.set(this.model.revision, new Map(this.model.entries));
  }

  #apply(made: Change, before: { revision: number; created: number } | undefined): void {
    const { model } = this;
    if (made.op === 'delete' && !before) return;
    const revision = ++model.revision;
    if (made.op === 'delete') model.entries.delete(made.key);
    else model.entries.set(made.key, { revision, created: before?.created ?? revision, value: made.value, expiresAt: made.expiresAt });
    model.changes.push({ revision, key: made.key, kind: made.op === 'delete' ? 'deleted' : before ? 'updated' : 'created' });
  }

  #present() {
    return this.#alive(this.model.entries);
  }

  #alive(entries: Model['entries']) {
    const now = this.clock.now();
    return [...entries].filter(([, { expiresAt = Infinity }]) => expiresAt > now).toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}

function pagesOf(store: Store, prefix: string): string[] {
  const keys: string[] = [];
  let page = store.list(prefix, { limit: 2 });
  for (;;) {
    keys.push(...page.entries.map((entry) => entry.key));
    if (page.next === undefined) return keys;
    const rest = page.remaining;
    page = store.list(prefix, { limit: 2, after: page.next });
    expect(page.entries.length + (page.remaining ?? 0)).toBe(rest);
  }
}

function pagesAt(store: Store, prefix: string, revision: number): unknown[] | undefined {
  const found: unknown[] = [];
  let page = store.listAt(prefix, revision, { limit: 2 });
  for (;;) {
    if (!page) return undefined;
    found.push(...page.entries.map((entry) => [entry.key, entry.revision, entry.value]));
    if (page.next === undefined) return found;
    const rest = page.remaining;
    page = store.listAt(prefix, revision, { limit: 2, after: page.next });
    expect(page!.entries.length + (page!.remaining ?? 0)).toBe(rest);
  }
}

test('a store is a map with revisions', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const clock = new ManualClock();
      await new Twin(memoryStore({ now: () => clock.now(), ...OPTIONS }), clock).run(steps);
    }),
    { numRuns: 100 },
  );
});

test('a journal gives back the state, however often it is closed and opened', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { maxLength: 12 }), { maxLength: 4 }),
      fc.integer({ min: 300, max: 3000 }),
      async (lives, segmentBytes) => {
        const clock = new ManualClock();
        const directory = freshDirectory();
        let model: Model | undefined;
        for (const steps of [...lives, []]) {
          const store = await openJournal(directory, { clock, segmentBytes, snapshots: { afterBytes: 500, ratio: 1 }, ...OPTIONS });
          const twin = new Twin(store, clock);
          if (model) Object.assign(twin.model, model);
          twin.compare();
          await twin.run(steps);
          model = twin.model;
          await store.close();
        }
      },
    ),
    { numRuns: 25 },
  );
});
