import { expect, test } from 'vitest';
import type { ReadOptions } from '../../../src/store/index.ts';
import { FakeOutlet, ask, answered, fakeBackend } from './fake.ts';

const asked: ReadOptions[] = [];

/** A server whose journal has these lines, and stays open where it is followed. */
function serverWith(...lines: (string | Error)[]) {
  asked.length = 0;
  async function* journal(options: ReadOptions) {
    asked.push(options);
    for (const line of lines) {
      if (line instanceof Error) throw line;
      yield line;
    }
    const { follow } = options;
    if (follow && !follow.aborted) await new Promise((resolve) => follow.addEventListener('abort', resolve));
  }
  return fakeBackend({ journal }).backend;
}

async function open(request: string, backend: ReturnType<typeof serverWith>, outlet = new FakeOutlet()) {
  const { code, body } = await ask(backend, request);
  const done = body.kind === 'live' ? body.run(outlet) : Promise.resolve();
  return { code, outlet, done };
}

test('each record is a line', async () => {
  const { code, outlet, done } = await open('GET /journal', serverWith('{"sequence":1}', '{"sequence":2}'));
  await done;
  expect({ code, text: outlet.text, ended: outlet.ended }).toEqual({ code: 200, text: '{"sequence":1}\n{"sequence":2}\n', ended: true });
});

test('it is read on from a record', async () => {
  await (
    await open('GET /journal?after=17', serverWith())
  ).done;
  expect(asked).toEqual([{ after: 17 }]);
});

test('what is followed is sent at once, and ends with its reader', async () => {
  const { outlet, done } = await open('GET /journal?follow=true', serverWith('{"sequence":1}'));
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(outlet.text).toBe('{"sequence":1}\n');
  outlet.leave();
  await done;
  expect(asked[0]!.follow!.aborted).toBe(true);
});

test('a slow reader is waited for', async () => {
  const outlet = new FakeOutlet();
  outlet.isRoom = false;
  const long = 'x'.repeat(70_000);
  const { done } = await open('GET /journal', serverWith(long, long), outlet);
  await new Promise(setImmediate);
  expect(outlet.text).toBe(`${long}\n`);
  outlet.makeRoom();
  await done;
  expect(outlet.text).toBe(`${long}\n${long}\n`);
});

test('a slow reader that follows is waited for, also where lines come one by one', async () => {
  const outlet = new FakeOutlet();
  outlet.isRoom = false;
  async function* journal() {
    for (const line of ['1', '2', '3']) {
      yield line;
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    }
  }
  const { done } = await open('GET /journal?follow=true', fakeBackend({ journal }).backend, outlet);
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  expect(outlet.text).toBe('1\n');
  outlet.makeRoom();
  await done;
  expect(outlet.text).toBe('1\n2\n3\n');
});

test('a reader of a damaged journal is cut off, and does not take it for whole', async () => {
  const { outlet, done } = await open('GET /journal', serverWith('{"sequence":1}', new Error('line 2 is damaged')));
  await done;
  expect({ ended: outlet.ended, destroyed: outlet.destroyed }).toEqual({ ended: false, destroyed: true });
});

const refused: [string, string, Parameters<typeof ask>[2], number, string][] = [
  ['somebody without the right', 'GET /journal', { certificate: { CN: 'jane', O: 'devs' } }, 403, 'User "jane" cannot get path "/journal"'],
  ['nobody in particular', 'GET /journal', { certificate: null }, 403, 'User "system:anonymous" cannot get path "/journal"'],
  ['a number that is none', 'GET /journal?after=x', {}, 400, 'after: Invalid value: "x"'],
  ['a write', 'POST /journal', {}, 404, 'the server could not find the requested resource'],
];
test.each(refused)('%s is refused', async (_, request, options, code, message) => {
  const answer = await answered(serverWith(), request, options);
  expect(answer.code).toBe(code);
  expect(answer.value.message).toContain(message);
});

test('a server that keeps none has none', async () => {
  expect((await answered(fakeBackend().backend, 'GET /journal')).code).toBe(404);
});
