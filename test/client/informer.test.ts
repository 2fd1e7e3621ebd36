import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock, StatusError, seededRandom } from '../../src/base/index.ts';
import { WatchInformer, type Client, type InformerChange, type WatchEvent } from '../../src/client/index.ts';
import { CONFIG_MAPS, type ConfigMap } from '../../src/model/index.ts';

const object = (name: string, version: number, more: { uid?: string; x?: string } = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid: more.uid ?? name, resourceVersion: String(version) },
  data: { x: more.x ?? String(version) },
});

type Event = WatchEvent<ConfigMap>;

/** One opened watch: the test says what arrives and how it ends. */
class Watch {
  readonly from: string;
  readonly #queue: (Event | Error | 'end')[] = [];
  #wake = () => {};

  constructor(from: string) {
    this.from = from;
  }

  tell(...events: (Event | Error | 'end')[]): void {
    this.#queue.push(...events);
    this.#wake();
  }

  async *read(signal: AbortSignal): AsyncIterable<Event> {
    signal.addEventListener('abort', () => this.#wake());
    while (!signal.aborted) {
      const next = this.#queue.shift();
      if (next === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (next === 'end') return;
      else if (next instanceof Error) throw next;
      else yield next;
    }
  }
}

let clock: ManualClock;
let pages: (() => { items: ConfigMap[]; resourceVersion: string; continue?: string })[];
let lists: object[];
let watches: Watch[];
let failures: string[];
let told: string[];
let informer: WatchInformer<ConfigMap>;

const client = {
  list: async (_: unknown, options: object = {}) => {
    lists.push(options);
    const page = pages.shift();
    if (!page) throw new StatusError('ServiceUnavailable', 'cannot reach the server');
    return page();
  },
  watch: (_: unknown, { resourceVersion }: { resourceVersion: string }, signal: AbortSignal) => {
    const watch = new Watch(resourceVersion);
    watches.push(watch);
    return watch.read(signal);
  },
} as unknown as Pick<Client, 'list' | 'watch'>;

const page = (resourceVersion: string, items: ConfigMap[], next?: string) => () => ({
  items,
  resourceVersion,
  ...(next ? { continue: next } : {}),
});

beforeEach(() => {
  clock = new ManualClock();
  [pages, lists, watches, failures, told] = [[], [], [], [], []];
});
afterEach(() => informer.close());

const tell = ({ before, after }: InformerChange<ConfigMap>) =>
  void told.push(
    `${before ? `${before.metadata.uid}=${before.data!['x']}` : '-'} > ${after ? `${after.metadata.uid}=${after.data!['x']}` : '-'}`,
  );

async function open(...first: typeof pages): Promise<void> {
  pages.push(...first);
  informer = new WatchInformer<ConfigMap>(client, CONFIG_MAPS, {
    clock,
    random: seededRandom(1),
    failed: (error, retryMs) => failures.push(`${(error as Error).message} ${retryMs >= 100 && retryMs < 200}`),
  });
  informer.subscribe(tell);
  await clock.settle();
}

const xs = () => informer.list().map(({ metadata, data }) => `${metadata.name}=${data!['x']}`);

test('lists in pages, and watches from the version of the first', async () => {
  await open(page('10', [object('a', 1)], 'token'), page('12', [object('b', 2)]));
  await informer.synced;
  expect(lists).toEqual([{ limit: 500 }, { limit: 500, continue: 'token' }]);
  expect(xs()).toEqual(['a=1', 'b=2']);
  expect(watches.map(({ from }) => from)).toEqual(['10']);
});

test('lists at once when a page has expired', async () => {
  const expired = () => {
    throw new StatusError('Expired', 'The provided continue parameter is too old');
  };
  await open(page('10', [object('a', 1)], 'token'), expired, page('20', [object('a', 1), object('b', 15)]));
  expect(lists.at(-1)).toEqual({});
  expect(xs()).toEqual(['a=1', 'b=15']);
  expect(watches[0]!.from).toBe('20');
});

test('follows additions, changes and deletions', async () => {
  await open(page('10', [object('a', 1)]));
  watches[0]!.tell(
    { type: 'ADDED', object: object('b', 11) },
    { type: 'MODIFIED', object: object('a', 12) },
    { type: 'DELETED', object: object('b', 13) },
  );
  await clock.settle();
  expect(told).toEqual(['- > a=1', '- > b=11', 'a=1 > a=12', 'b=11 > -']);
  expect(xs()).toEqual(['a=12']);
});

describe('identity is the uid', () => {
  test('a deletion of an earlier object of the same name changes nothing', async () => {
    await open(page('10', [object('a', 9, { uid: 'new' })]));
    watches[0]!.tell({ type: 'DELETED', object: object('a', 11, { uid: 'old' }) });
    await clock.settle();
    expect(told).toEqual(['- > new=9']);
  });

  test('another object of the same name is a deletion and an addition', async () => {
    await open(page('10', [object('a', 9, { uid: 'old' })]));
    watches[0]!.tell({ type: 'ADDED', object: object('a', 12, { uid: 'new' }) });
    await clock.settle();
    expect(told).toEqual(['- > old=9', 'old=9 > -', '- > new=12']);
  });
});

test('what is told twice, and what is older than what is known, changes nothing', async () => {
  await open(page('10', [object('a', 9)]));
  watches[0]!.tell({ type: 'ADDED', object: object('a', 9) }, { type: 'MODIFIED', object: object('a', 8) });
  await clock.settle();
  expect(told).toEqual(['- > a=9']);
});

describe('a watch that ends', () => {
  test('is resumed from the last version, bookmarks included', async () => {
    await open(page('10', []));
    watches[0]!.tell({ type: 'ADDED', object: object('a', 11) }, 'end');
    await clock.settle();
    watches[1]!.tell({ type: 'BOOKMARK', resourceVersion: '40' }, 'end');
    await clock.settle();
    expect(watches.map(({ from }) => from)).toEqual(['10', '11', '40']);
    expect(lists).toHaveLength(1);
  });

  test('at once, without a word, is resumed after a while', async () => {
    await open(page('10', []));
    watches[0]!.tell('end');
    await clock.settle();
    expect(watches).toHaveLength(1);
    await clock.advance(200);
    expect(watches).toHaveLength(2);
    expect(failures).toEqual(['the watch of configmaps ended at once true']);
  });

  test('by a failure is resumed later and later, and soon again once it has worked', async () => {
    await open(page('10', []));
    for (let wait = 200, opened = 1; opened < 5; wait *= 2, opened++) {
      watches.at(-1)!.tell(new StatusError('ServiceUnavailable', 'gone'));
      await clock.advance(wait / 2 - 1);
      expect(watches).toHaveLength(opened);
      await clock.advance(wait / 2 + 1);
      expect(watches).toHaveLength(opened + 1);
    }
    watches.at(-1)!.tell({ type: 'ADDED', object: object('a', 11) }, new StatusError('ServiceUnavailable', 'gone'));
    await clock.advance(200);
    expect(watches).toHaveLength(6);
    expect(watches.at(-1)!.from).toBe('11');
  });

  test('because it expired: everything is listed anew, and only differences are told', async () => {
    await open(page('10', [object('a', 1), object('b', 2), object('c', 3)]));
    told.length = 0;
    pages.push(page('90', [object('a', 1), object('b', 80), object('c', 85, { uid: 'c2' }), object('d', 90)]));
    watches[0]!.tell(new StatusError('Expired', 'too old resource version'));
    await clock.advance(200);
    expect(told).toEqual(['b=2 > b=80', 'c=3 > -', '- > c2=85', '- > d=90']);
    expect(watches[1]!.from).toBe('90');
  });

  test('because it expired: what has gone in the meantime is told', async () => {
    await open(page('10', [object('a', 1)]));
    pages.push(page('90', []));
    watches[0]!.tell(new StatusError('Expired', 'too old resource version'));
    await clock.advance(200);
    expect(told).toEqual(['- > a=1', 'a=1 > -']);
  });
});

test('a list that fails is tried again, and synced waits for it', async () => {
  let isSynced = false;
  await open();
  void informer.synced.then(() => (isSynced = true));
  await clock.settle();
  expect({ isSynced, failures }).toEqual({ isSynced: false, failures: ['cannot reach the server true'] });
  pages.push(page('10', [object('a', 1)]));
  await clock.advance(200);
  expect({ isSynced, cached: xs() }).toEqual({ isSynced: true, cached: ['a=1'] });
});

describe('reached', () => {
  test('resolves with the version, or a later one', async () => {
    await open(page('10', []));
    const seen: string[] = [];
    for (const version of ['9', '10', '11', '12']) void informer.reached(version).then(() => seen.push(version));
    await clock.settle();
    expect(seen).toEqual(['9', '10']);
    watches[0]!.tell({ type: 'ADDED', object: object('a', 12) });
    await clock.settle();
    expect(seen).toEqual(['9', '10', '11', '12']);
  });

  test('is given up by its signal', async () => {
    await open(page('10', []));
    const stop = new AbortController();
    const waiting = informer.reached('99', stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

test('an index that there is not is a fault', async () => {
  await open(page('10', []));
  expect(() => informer.by('owner', 'x')).toThrow('there is no index owner');
});

test('closing ends the watch and every wait', async () => {
  await open(page('10', []));
  await informer.close();
  watches[0]!.tell({ type: 'ADDED', object: object('a', 11) });
  await clock.advance(60_000);
  expect(told).toEqual([]);
  expect(watches).toHaveLength(1);
});
