import { expect, test } from 'vitest';
import { ManualClock, Scope, silentLog } from '../../src/base/index.ts';
import { collectAtRest } from '../../src/daemon/rest.ts';

/** Lets looks pass that each find so many milliseconds of work, and counts the collections, of which the first leave so much. */
async function collectionsAfter(spent: readonly number[], left: readonly number[] = []): Promise<number> {
  const clock = new ManualClock();
  const scope = new Scope('rest');
  let total = 0;
  let held = 1e8;
  let collections = 0;
  const collect = () => void (held = left[collections++] ?? held);
  collectAtRest({ clock, log: silentLog, scope, used: () => total, collect, held: () => held });
  for (const ms of spent) {
    total += ms;
    held += 5e6;
    await clock.advance(2_500);
  }
  await scope.close();
  return collections;
}

test.each([
  ['once the start is over', [10, 10], 1],
  ['not while there is work', [900, 900, 900], 0],
  ['not in a short pause', [900, 10, 900], 0],
  ['once after work, however long the rest is', [900, 10, 10, 10, 10], 1],
  ['again after more work', [10, 10, 900, 10, 10], 2],
  ['not again after next to nothing', [10, 10, 100, 10, 10], 1],
])('memory is given back %s', async (_, spent, collections) => {
  expect(await collectionsAfter(spent)).toBe(collections);
});

test('memory is given back again at rest as long as less and less is left', async () => {
  expect(await collectionsAfter([10, 10, 10, 10], [8e7, 7e7, 6.9e7])).toBe(3);
});

test('what the engine itself takes to give pages back does not put that off', async () => {
  expect(await collectionsAfter([10, 10, 500], [8e7, 7e7, 6.9e7])).toBe(3);
});
