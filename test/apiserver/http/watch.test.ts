import { beforeEach, describe, expect, test, vi } from 'vitest';
import { StatusError, type ManualClock } from '../../../src/base/index.ts';
import type { Backend } from '../../../src/apiserver/http/backend.ts';
import { CONFIG_MAP, FakeOutlet, ask, fakeBackend, type FakeApi } from './fake.ts';

let api: FakeApi;
let backend: Backend;
let clock: ManualClock;
beforeEach(() => {
  ({ api, backend, clock } = fakeBackend());
});

const CM = { metadata: { namespace: 'default', name: 'a' } };

/** A watch that is being read by `outlet`; `done` resolves when it has ended. */
async function watch(query = '', accept?: string) {
  const outlet = new FakeOutlet();
  const answer = await ask(backend, `GET /api/v1/namespaces/default/configmaps?watch=true&${query}`, { headers: { accept } });
  if (answer.body.kind !== 'live') throw new Error('the answer is not live');
  const done = answer.body.run(outlet);
  return { outlet, done, code: answer.code };
}

const types = (outlet: FakeOutlet) => outlet.events().map(({ type, object }) => [type, object.metadata?.resourceVersion]);

test('events are lines of JSON, in order', async () => {
  const { outlet, code } = await watch();
  expect(code).toBe(200);
  const first = api.put(CONFIG_MAP, CM);
  api.put(CONFIG_MAP, CM);
  api.tell({ type: 'DELETED', found: { ...first, revision: 13 } });
  await clock.settle();
  expect(types(outlet)).toEqual([
    ['ADDED', '11'],
    ['MODIFIED', '12'],
    ['DELETED', '11'],
  ]);
  expect(outlet.text.split('\n')[0]).toBe(`{"type":"ADDED","object":${first.text}}`);
});

test('an event waits until it is on disk, and those after it wait too', async () => {
  const { outlet } = await watch();
  api.onDisk = 10;
  api.put(CONFIG_MAP, CM);
  await clock.settle();
  api.put(CONFIG_MAP, CM);
  await clock.settle();
  expect(outlet.text).toBe('');
  api.reachDisk(12);
  await clock.settle();
  expect(types(outlet)).toEqual([
    ['ADDED', '11'],
    ['MODIFIED', '12'],
  ]);
});

test('a change that does not reach the disk cuts the watch', async () => {
  const { outlet, done } = await watch();
  api.durable = () => Promise.reject(new Error('disk full'));
  api.put(CONFIG_MAP, CM);
  await done;
  expect(outlet).toMatchObject({ text: '', destroyed: true });
  expect(api.watchers.size).toBe(0);
});

test('the query is passed on', async () => {
  await watch('resourceVersion=5&labelSelector=a%3Db&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan');
  expect(api.calls.at(-1)).toMatchObject({
    verb: 'watch',
    query: {
      resourceVersion: '5',
      labelSelector: 'a=b',
      allowBookmarks: true,
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
    },
  });
});

test('what cannot be watched is refused before anything is answered', async () => {
  api.watch = () => {
    throw new StatusError('BadRequest', 'field label not supported: x');
  };
  const answer = await ask(backend, 'GET /api/v1/configmaps?watch=1&fieldSelector=x%3D1');
  expect(answer.code).toBe(400);
});

describe('the end', () => {
  test('comes after the time that the client gives', async () => {
    const { outlet, done } = await watch('timeoutSeconds=30');
    await clock.advance(29_999);
    expect(outlet.ended).toBe(false);
    await clock.advance(1);
    await done;
    expect(outlet).toMatchObject({ ended: true, destroyed: false });
    expect(api.watchers.size).toBe(0);
  });

  test('comes after half an hour to an hour otherwise', async () => {
    const { outlet } = await watch();
    await clock.advance(30 * 60_000 - 1);
    expect(outlet.ended).toBe(false);
    await clock.advance(30 * 60_000 + 1);
    expect(outlet.ended).toBe(true);
  });

  test('comes when the client leaves', async () => {
    const { outlet, done } = await watch();
    outlet.leave();
    await done;
    expect(api.watchers.size).toBe(0);
  });

  test('comes with an ERROR event when the watch cannot go on', async () => {
    const { outlet, done } = await watch();
    api.put(CONFIG_MAP, CM);
    api.tell({ type: 'ERROR', error: new StatusError('Expired', 'too old resource version: 1') });
    await done;
    expect(outlet.events().map(({ type }) => type)).toEqual(['ADDED', 'ERROR']);
    expect(outlet.events()[1]!.object).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
    expect(outlet.ended).toBe(true);
  });
});

describe('bookmarks', () => {
  test('come each minute when asked for, with the present version', async () => {
    const { outlet } = await watch('allowWatchBookmarks=true');
    api.revision = 40;
    await clock.advance(60_000);
    expect(outlet.events()).toEqual([
      { type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: '40' } } },
    ]);
    await clock.advance(60_000);
    expect(outlet.events()).toHaveLength(2);
  });

  test('come only when asked for', async () => {
    const { outlet } = await watch();
    await clock.advance(200_000);
    expect(outlet.text).toBe('');
  });

  test('the last one comes when the time of the watch is over', async () => {
    const { outlet, done } = await watch('allowWatchBookmarks=true&timeoutSeconds=10');
    api.revision = 40;
    await clock.advance(10_000);
    await done;
    expect(types(outlet)).toEqual([['BOOKMARK', '40']]);
    expect(outlet.ended).toBe(true);
  });

  test('mark the end of the initial events', async () => {
    api.watch = (_place, _query, see) => {
      see({ type: 'BOOKMARK', revision: 10, initialEventsEnd: true });
      return { close: () => true };
    };
    const { outlet } = await watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');
    await clock.settle();
    expect(outlet.events()[0]!.object.metadata).toEqual({ resourceVersion: '10', annotations: { 'k8s.io/initial-events-end': 'true' } });
  });
});

describe('a slow client', () => {
  test('is waited for', async () => {
    const { outlet } = await watch();
    outlet.isRoom = false;
    api.put(CONFIG_MAP, CM);
    await clock.settle();
    api.put(CONFIG_MAP, CM);
    await clock.settle();
    expect(outlet.events()).toHaveLength(1);
    outlet.makeRoom();
    await clock.settle();
    expect(outlet.events()).toHaveLength(2);
  });

  test('sees a watch that ends when too much waits for it: it resumes from where it was', async () => {
    const { outlet, done } = await watch();
    outlet.isRoom = false;
    const found = api.put(CONFIG_MAP, CM);
    await clock.settle();
    for (let i = 0; i < 20_000; i++) api.tell({ type: 'MODIFIED', found });
    outlet.makeRoom();
    await done;
    expect(outlet.events()).toHaveLength(1);
    expect(outlet).toMatchObject({ ended: true, destroyed: false });
    expect(api.watchers.size).toBe(0);
  });

  test('is cut off when it does not take the rest of a watch that has ended', async () => {
    const { outlet, done } = await watch('timeoutSeconds=10');
    outlet.isRoom = false;
    api.put(CONFIG_MAP, CM);
    await clock.advance(10_000);
    expect(outlet.destroyed).toBe(false);
    await clock.advance(30_000);
    await done;
    expect(outlet.destroyed).toBe(true);
  });

  test('is not too slow because of what is there when it begins', async () => {
    const found = api.put(CONFIG_MAP, CM);
    api.watch = (_place, _query, see) => {
      for (let i = 0; i < 20_000; i++) see({ type: 'ADDED', found });
      return { close: () => true };
    };
    const { outlet } = await watch('timeoutSeconds=1');
    while (outlet.events().length < 20_000) await clock.settle();
    expect(outlet).toMatchObject({ destroyed: false, ended: false });
  });
});

test('a table has its columns in the first event only', async () => {
  const { outlet } = await watch('', 'application/json;as=Table;v=v1;g=meta.k8s.io');
  api.put(CONFIG_MAP, CM);
  api.put(CONFIG_MAP, { ...CM, data: { x: '1' } });
  await clock.settle();
  const [first, second] = outlet.events();
  expect(first).toMatchObject({
    type: 'ADDED',
    object: { kind: 'Table', metadata: { resourceVersion: '11' }, rows: [{ cells: ['a', 0] }] },
  });
  expect(first!.object.columnDefinitions).toHaveLength(2);
  expect(second).toMatchObject({ type: 'MODIFIED', object: { kind: 'Table', columnDefinitions: [], rows: [{ cells: ['a', 1] }] } });
});

describe('many who watch the same', () => {
  const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1';

  test('are sent the same bytes, in each form made once', async () => {
    const all = await Promise.all(['', '', TABLE, TABLE].map((accept) => watch('', accept)));
    const sent = all.map(({ outlet }) => {
      const bytes: unknown[] = [];
      outlet.write = (lines) => bytes.push((lines as readonly Uint8Array[])[0]) > 0;
      return bytes;
    });
    api.put(CONFIG_MAP, CM);
    api.put(CONFIG_MAP, CM);
    await clock.settle();
    api.put(CONFIG_MAP, CM);
    await clock.settle();
    expect(sent.map((lines) => lines.length)).toEqual([2, 2, 2, 2]);
    expect(sent[0]![1]).toBe(sent[1]![1]);
    expect(sent[2]![1]).toBe(sent[3]![1]);
    expect(sent[0]![1]).not.toBe(sent[2]![1]);
  });

  test('an event that one has as new and another as changed is told to each in its way', async () => {
    const [one, two] = await Promise.all([watch(), watch()]);
    const [first, second] = [...api.watchers];
    const found = api.put(CONFIG_MAP, CM);
    first!({ type: 'ADDED', found });
    second!({ type: 'MODIFIED', found });
    await clock.settle();
    expect([one, two].map(({ outlet }) => outlet.events().at(-1)!.type)).toEqual(['ADDED', 'MODIFIED']);
  });

  test('a table that comes late is made anew: it tells of an age', async () => {
    const row = vi.spyOn(CONFIG_MAP, 'row').mockImplementation((_, at) => [at.now()]);
    const { outlet: early } = await watch('', TABLE);
    const found = api.put(CONFIG_MAP, CM);
    const began = clock.now();
    await clock.advance(60_000);
    const { outlet: late } = await watch('', TABLE);
    [...api.watchers].at(-1)!({ type: 'ADDED', found });
    await clock.settle();
    row.mockRestore();
    const cellOf = (outlet: FakeOutlet) => outlet.events()[0]!.object['rows'][0].cells[0];
    expect([cellOf(early), cellOf(late)]).toEqual([began, began + 60_000]);
  });
});
