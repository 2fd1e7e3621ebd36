import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { nodeFiles } from '../../src/store/journal/files.ts';
import {
  openStore,
  type Change,
  type Changed,
  type Entry,
  type JournalFile,
  type JournalFiles,
  type JournalOptions,
  type Store,
  type Subscriber,
  type WatchEnd,
} from '../../src/store/index.ts';

export const CAUSE = { by: 'test', verb: 'update' };

const directories: string[] = [];
const stores: Store[] = [];

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory that goes away after the test. */
export function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-store-'));
  directories.push(directory);
  return directory;
}

function withoutSync(file: JournalFile): JournalFile {
  return { write: (pieces) => file.write(pieces), sync: async () => {}, close: () => file.close() };
}

/** The file system without waiting for the disk, which no test here can tell apart. */
export const QUICK_FILES: JournalFiles = {
  ...nodeFiles,
  create: async (path) => withoutSync(await nodeFiles.draft(path)),
  extend: async (path) => withoutSync(await nodeFiles.draft(path)),
  draft: async (path) => withoutSync(await nodeFiles.draft(path)),
  syncDirectory: async () => {},
};

/** A journal store that is closed after the test at the latest. */
export async function openJournal(directory: string, options: Partial<JournalOptions> = {}): Promise<Store> {
  const clock = options.clock ?? new ManualClock();
  const store = await openStore(directory, { now: () => clock.now(), clock, files: QUICK_FILES, patience: { pauseMs: 0 }, ...options });
  stores.push(store);
  return store;
}

export function put(key: string, value: unknown = { key }, more: Partial<Extract<Change, { op: 'put' }>> = {}): Change {
  return { op: 'put', key, value, expect: 'any', ...more };
}

export function remove(key: string): Change {
  return { op: 'delete', key, expect: 'any' };
}

/** Commits what must not conflict. */
export function commit(store: Store, ...changes: Change[]): readonly (Entry | undefined)[] {
  const result = store.commit(changes, CAUSE);
  if (!result.ok) throw new Error(`conflict on ${result.key}`);
  return result.entries;
}

export async function commitDurably(store: Store, ...changes: Change[]): Promise<void> {
  commit(store, ...changes);
  await store.durable(store.revision);
}

/** Takes note of what it is told: `3 +pods/a`, `4 ~pods/a`, `5 -pods/a`. */
export class Notes implements Subscriber {
  readonly heard: string[] = [];
  end: WatchEnd | undefined;

  changed({ revision, key, before, after }: Changed): void {
    this.heard.push(`${revision} ${after ? (before ? '~' : '+') : '-'}${key}`);
  }

  ended(why: WatchEnd): void {
    this.end = why;
  }
}

export function segmentsIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^journal-.*\.jsonl$/.test(name))
    .toSorted();
}

export function linesIn(directory: string): Record<string, unknown>[] {
  const text = segmentsIn(directory)
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export function stateOf(store: Store): Record<string, unknown> {
  return Object.fromEntries(store.list('').entries.map((entry) => [entry.key, [entry.revision, entry.created, entry.value]]));
}
