import { expect, test } from 'vitest';
import { giveWay, ManualClock, seededRandom, WorkQueue } from '../../src/base/index.ts';

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

test('who gives way goes on in the same turn while it is short, and in the next one when it is long', async () => {
  let now = 0;
  const clock = Object.assign(new ManualClock(0), { now: () => now });
  await nextTurn();
  const seen: string[] = [];
  const work = (async () => {
    await giveWay(clock);
    seen.push('first');
    now += 100;
    await giveWay(clock);
    seen.push('second');
  })();
  const turn = nextTurn().then(() => seen.push('turn'));
  await Promise.all([work, turn]);
  expect(seen).toEqual(['first', 'turn', 'second']);
});

test('a queue leaves keys to the next turn once this one is long', async () => {
  let now = 0;
  const clock = Object.assign(new ManualClock(0), { now: () => now });
  await nextTurn();
  const seen: string[] = [];
  const handle = async (key: string) => {
    seen.push(key);
    now += 12;
    return undefined;
  };
  const queue = new WorkQueue<string>({ clock, random: seededRandom(1), concurrency: 4, handle });
  for (const key of ['a', 'b', 'c']) queue.add(key);
  const turn = nextTurn().then(() => seen.push('turn'));
  await turn;
  await clock.settle();
  expect(seen).toEqual(['a', 'b', 'turn', 'c']);
});
