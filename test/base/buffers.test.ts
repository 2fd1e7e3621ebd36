import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { SpareBuffers } from '../../src/base/index.ts';

test('a buffer that came back is taken again, whichever part of it came; no more are kept than were asked for', () => {
  const spare = new SpareBuffers(1024, 2);
  const [a, b, c] = [spare.take(10), spare.take(1024), spare.take(1)];
  for (const used of [a, b.subarray(5, 9), c]) spare.giveBack(used);
  const memories = () => [spare.take(1), spare.take(1), spare.take(1)].map(({ buffer, length }) => [[a, b, c].findIndex((one) => one.buffer === buffer), length]);
  expect(memories()).toEqual([[1, 1024], [0, 1024], [-1, 1024]]);
}); // prettier-ignore

test('one that is larger than usual is made for that time alone', () => {
  const spare = new SpareBuffers(1024, 2);
  const large = spare.take(5000);
  expect(large).toHaveLength(5000);
  spare.giveBack(large);
  expect(spare.take(1)).toHaveLength(1024);
});

test('those that nobody uses are let go when all memory is collected', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const spare = new SpareBuffers(1024, 2);
  let memory: WeakRef<ArrayBufferLike> | undefined;
  const use = () => {
    const used = spare.take(1);
    memory = new WeakRef(used.buffer);
    spare.giveBack(used);
  };
  use();
  // What was looked at weakly stays to the end of the present turn.
  await new Promise(setImmediate);
  collect();
  expect(memory!.deref()).toBeUndefined();
  expect(spare.take(1)).toHaveLength(1024);
});
