/** How fast the store is, beside a bare file in the same run: `node test/bench/store.ts [writes|reopen|fanout]`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/index.ts';
import { memoryStore, openStore, type Store } from '../../src/store/index.ts';
import { heading, show } from './report/index.ts';

const OBJECTS = 100_000;
const ROUNDS = 5;
/** Many short ones, each beside its bare twin, so that both see the same disk. */
const WRITE_ROUNDS = 15;
const CAUSE = { by: 'bench', verb: 'create' };
const FILLER = 'x'.repeat(850);

const objectOf = (n: number) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name: `object-${n}` },
  data: { text: FILLER },
});
const keyOf = (n: number) => `core/configmaps/default/object-${n}`;
const open1 = (directory: string) => openStore(directory, { now: Date.now, clock: systemClock });

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Writes a second, from `writers` that each wait for the disk before they write again. */
async function rate(writers: number, count: number, write: (n: number) => Promise<void>): Promise<number> {
  let next = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (next < count) await write(next++);
    }),
  );
  return (count / (performance.now() - start)) * 1000;
}

async function storeRate(writers: number, count: number): Promise<number> {
  return inDirectory(async (directory) => {
    const store = await open1(directory);
    const figure = await rate(writers, count, async (n) => {
      const result = store.commit([{ op: 'put', key: keyOf(n), value: objectOf(n), expect: 'absent' }], CAUSE);
      if (result.ok) await store.durable(result.revision);
    });
    await store.close();
    return figure;
  });
}

/** A file to which lines are appended: those that come during an fdatasync share the next one. */
async function bareRate(writers: number, count: number): Promise<number> {
  return inDirectory(async (directory) => {
    const file = await open(join(directory, 'bare'), 'a');
    let waiting: { line: string; done: () => void }[] = [];
    let busy = false;
    const flush = async () => {
      busy = true;
      while (waiting.length > 0) {
        const batch = waiting;
        waiting = [];
        await file.write(batch.map(({ line }) => line).join(''));
        await file.datasync();
        for (const { done } of batch) done();
        await new Promise((resolve) => setImmediate(resolve));
      }
      busy = false;
    };
    const figure = await rate(writers, count, (n) => {
      const line = `${JSON.stringify(objectOf(n))}\n`;
      return new Promise<void>((done) => {
        waiting.push({ line, done });
        if (!busy) void flush();
      });
    });
    await file.close();
    return figure;
  });
}

async function compareWrites(writers: number, count: number): Promise<void> {
  const [store, bare]: [number[], number[]] = [[], []];
  // The first round of each warms up.
  for (let round = 0; round <= WRITE_ROUNDS; round++) {
    bare.push(await bareRate(writers, count));
    store.push(await storeRate(writers, count));
  }
  const who = writers === 1 ? '1 writer' : `${writers} writers`;
  show(`durable puts of 1 KB, ${who}`, store.slice(1), '/s');
  show(`the same lines appended to a bare file, ${who}`, bare.slice(1), '/s');
  const ratios = store.map((figure, i) => figure / bare[i]!).slice(1);
  show(`the store beside the bare file, ${who}`, ratios, '', { atLeast: 0.7 });
}

async function fill(directory: string): Promise<void> {
  const store = await open1(directory);
  await rate(100, OBJECTS, async (n) => {
    const result = store.commit([{ op: 'put', key: keyOf(n), value: objectOf(n), expect: 'absent' }], CAUSE);
    if (result.ok) await store.durable(result.revision);
  });
  await store.close();
}

/** Runs in a process of its own, so that its memory is that of the store alone. */
async function reopen(directory: string): Promise<void> {
  const start = performance.now();
  const store = await open1(directory);
  const ms = performance.now() - start;
  if (store.list('core/configmaps/').entries.length !== OBJECTS) throw new Error('objects are missing');
  console.log(JSON.stringify({ ms, rss: process.memoryUsage.rss() / 2 ** 20 }));
  await store.close();
}

async function compareReopen(): Promise<void> {
  await inDirectory(async (directory) => {
    await fill(directory);
    const runs = Array.from({ length: ROUNDS }, () => {
      const output = execFileSync(process.execPath, [import.meta.filename, 'reopen', directory], { encoding: 'utf8' });
      return JSON.parse(output) as { ms: number; rss: number };
    });
    const ms = runs.map((run) => run.ms);
    show(`reopen with ${OBJECTS} objects`, ms, 'ms', { atMost: 600 });
    const rss = runs.map((run) => run.rss);
    show(`resident after it`, rss, 'MB', { atMost: 280 });
  });
}

function fanOut(store: Store, subscribers: number, changes: number): number {
  let delivered = 0;
  for (let i = 0; i < subscribers; i++) store.watch('core/configmaps/', 0, { changed: () => delivered++, ended: () => {} });
  const start = performance.now();
  for (let n = 0; n < changes; n++) store.commit([{ op: 'put', key: keyOf(n % 100), value: objectOf(n), expect: 'any' }], CAUSE);
  return (delivered / (performance.now() - start)) * 1000;
}

const BENCHES: Readonly<Record<string, () => void | Promise<void>>> = {
  async writes() {
    await compareWrites(1, 1_000);
    await compareWrites(100, 10_000);
  },
  reopen: compareReopen,
  fanout() {
    const figures = Array.from({ length: ROUNDS }, () => fanOut(memoryStore({ now: Date.now }), 100, 20_000));
    show('deliveries to 100 subscribers', figures, '/s', { atLeast: 200_000 });
  },
};

const [asked, directory] = process.argv.slice(2);
if (asked === 'reopen' && directory !== undefined) {
  await reopen(directory);
} else {
  heading('store');
  for (const name of asked === undefined ? Object.keys(BENCHES) : [asked]) await BENCHES[name]!();
}
