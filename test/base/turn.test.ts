import { expect, test } from 'vitest';
import { isTurnLong, noteArrival, seededRandom, SpareTime, WorkQueue } from '../../src/base/index.ts';
import { workClock } from '../tools/work-clock.ts';

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

test('work that nobody waits for goes on in the same turn while that is short', async () => {
  const { clock, work } = workClock();
  await nextTurn();
  const time = new SpareTime(clock);
  const seen: string[] = [];
  const pieces = async () => {
    for (const name of ['first', 'second', 'third']) {
      await time.wait(() => Infinity);
      seen.push(name);
      work(3);
    }
  };
  await Promise.all([pieces(), nextTurn().then(() => seen.push('turn'))]);
  expect(seen).toEqual(['first', 'second', 'turn', 'third']);
});

test('it waits while others fill the turns, until it is late', async () => {
  const { clock, work } = workClock();
  let isFull = true;
  const fill = () => {
    isTurnLong(clock);
    work(30);
    if (isFull) setImmediate(fill);
  };
  setImmediate(fill);
  await nextTurn();
  await nextTurn();
  const time = new SpareTime(clock);
  await time.wait(() => 600);
  expect(clock.now()).toBe(600);
  work(5);
  await time.wait(() => 600);
  expect(clock.now()).toBe(635);
  isFull = false;
  for (let n = 0; n < 3; n++) await nextTurn();
});

test.each([
  ['waits through the short turns of a burst too', { turn: 3, rest: 0 }, 5000],
  ['is not held by a loop that is full now and then', { turn: 20, rest: 80 }, 0],
])('who comes last %s', async (_, { turn, rest }, waited) => {
  const { clock, work } = workClock();
  let resting = 0;
  let isOver = false;
  const fill = () => {
    if (resting === 0) isTurnLong(clock);
    work(resting === 0 ? turn : 1);
    resting = resting === 0 ? rest : resting - 1;
    if (!isOver) setImmediate(fill);
  };
  fill();
  for (let n = 0; n < 100; n++) await nextTurn();
  const began = clock.now();
  await new SpareTime(clock).wait(() => began + 5000);
  isOver = true;
  expect(Math.floor((clock.now() - began) / 500) * 500).toBe(waited);
  await nextTurn();
});

test('a queue leaves keys to the next turn once this one is long', async () => {
  const { clock, work } = workClock();
  await nextTurn();
  const seen: string[] = [];
  const handle = async (key: string) => {
    seen.push(key);
    work(12);
    return undefined;
  };
  const queue = new WorkQueue<string>({ clock, random: seededRandom(1), concurrency: 4, handle });
  for (const key of ['a', 'b', 'c']) queue.add(key);
  const turn = nextTurn().then(() => seen.push('turn'));
  await turn;
  await clock.settle();
  expect(seen).toEqual(['a', 'b', 'turn', 'c']);
});

/** The times at which a queue handled a key that was added in each of these turns, one after another. */
async function handledAt(turns: readonly { readonly busy: number; readonly rest: number }[]): Promise<number[]> {
  const { clock, work } = workClock();
  await nextTurn();
  const seen: number[] = [];
  const handle = async () => void seen.push(clock.now());
  const queue = new WorkQueue<string>({ clock, random: seededRandom(1), patience: 200, handle });
  for (const { busy, rest } of turns) {
    isTurnLong(clock);
    queue.add('key');
    work(busy);
    await nextTurn();
    work(rest);
    await nextTurn();
  }
  await queue.close();
  return seen;
}

const times = <T>(count: number, turn: T) => Array.from({ length: count }, () => turn);

test('a patient queue handles a key at once as long as there is no burst', async () => {
  expect(await handledAt(times(5, { busy: 5, rest: 15 }))).toEqual([5, 25, 45, 65, 85]);
});

test('in a burst it keeps the turns of a key apart', async () => {
  const seen = (await handledAt(times(40, { busy: 30, rest: 0 }))).filter((time) => time >= 120);
  expect(seen.length).toBeGreaterThan(3);
  const gaps = seen.slice(1).map((time, at) => time - seen[at]!);
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(200);
});

test('when the burst is over, it handles what waited', async () => {
  const seen = await handledAt([...times(20, { busy: 30, rest: 0 }), { busy: 0, rest: 80 }, { busy: 0, rest: 30 }]);
  const last = seen.at(-1)!;
  expect({ last: last > 600, gap: last - seen.at(-2)! < 200 }).toEqual({ last: true, gap: true });
});

test('while somebody comes in, turns are short: each of many who come at once is let in by another turn', async () => {
  const { clock, work } = workClock();
  await nextTurn();
  const isLongAfter = async (ms: number) => {
    isTurnLong(clock);
    work(ms);
    const isLong = isTurnLong(clock);
    await nextTurn();
    return isLong;
  };
  expect(await isLongAfter(5)).toBe(false);
  isTurnLong(clock);
  work(5);
  noteArrival();
  expect(isTurnLong(clock)).toBe(true);
  await nextTurn();
  expect([await isLongAfter(5), await isLongAfter(5)]).toEqual([true, false]);
});
