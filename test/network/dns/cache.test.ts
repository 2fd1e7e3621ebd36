import { encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';
import { AnswerCache } from '../../../src/network/dns/cache.ts';

const message = (text: string) =>
  encode({ type: 'response', answers: [{ type: 'TXT', name: 'a.example', ttl: 60, data: [...(text.match(/.{1,255}/g) ?? [])] }] });

test('answers are kept up to a number of bytes: the oldest go first', () => {
  const cache = new AnswerCache(new ManualClock());
  const large = message('x'.repeat(4_000));
  const most = Math.floor((2 * 2 ** 20) / large.length);
  for (let i = 0; i <= most; i++) cache.put(`${i}`, large);
  expect(cache.get('0')).toBeUndefined();
  expect(cache.get('1')).toBeDefined();
  expect(cache.get(`${most}`)).toBeDefined();
});

test('what is asked for again and what has run out makes room', async () => {
  const clock = new ManualClock();
  const cache = new AnswerCache(clock);
  const large = message('x'.repeat(4_000));
  const most = Math.floor((2 * 2 ** 20) / large.length);
  cache.put('first', large);
  for (let i = 0; i < 3 * most; i++) cache.put('same', large);
  expect(cache.get('first')).toBeDefined();
  await clock.advance(61_000);
  expect([cache.get('first'), cache.get('same')]).toEqual([undefined, undefined]);
  for (let i = 0; i < most; i++) cache.put(`${i}`, large);
  expect(cache.get('0')).toBeDefined();
});
