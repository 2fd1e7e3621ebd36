import { expect, test } from 'vitest';
import { Expiries } from '../../src/store/expiry.ts';
import { seededRandom } from '../../src/base/index.ts';

test('whatever order they come in, what is due is taken with the earliest first, and nothing else', () => {
  const random = seededRandom(7);
  const expiries = new Expiries();
  let waiting: { key: string; revision: number; at: number }[] = [];
  for (let revision = 1, now = 1.7e12; revision < 2000; revision++) {
    const expiry = { key: `events/${revision}`, revision, at: now + Math.floor(random.fraction() * 1000) };
    expiries.add(expiry);
    waiting.push(expiry);
    if (random.fraction() > 0.1) continue;
    now += 400;
    const due = waiting.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at || a.revision - b.revision);
    waiting = waiting.filter(({ at }) => at > now);
    const taken = Array.from({ length: due.length }, () => expiries.take(now)!);
    expect(taken.map(({ at }) => at)).toEqual(due.map(({ at }) => at));
    expect(taken.toSorted((a, b) => a.at - b.at || a.revision - b.revision)).toEqual(due);
    expect(expiries.take(now)).toBeUndefined();
  }
});

test('what is taken from a copy stays in the other', () => {
  const expiries = new Expiries();
  expiries.add({ key: 'a', revision: 1, at: 5 });
  const copy = expiries.fork();
  expect(copy.take(5)).toEqual({ key: 'a', revision: 1, at: 5 });
  copy.add({ key: 'b', revision: 2, at: 1 });
  expect([expiries.take(5), expiries.take(5)]).toEqual([{ key: 'a', revision: 1, at: 5 }, undefined]);
});
