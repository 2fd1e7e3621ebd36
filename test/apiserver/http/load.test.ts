import { describe, expect, test } from 'vitest';
import { BodyMemory, laneOf, Load } from '../../../src/apiserver/http/load.ts';

const lane = (request: string) => {
  const [method, url] = request.split(' ') as [string, string];
  const [path, query] = url.split('?') as [string, string?];
  return laneOf({ method, path, query: new URLSearchParams(query) });
};

test.each([
  ['GET /api/v1/pods', 'reading'],
  ['GET /api/v1/pods?watch=false', 'reading'],
  ['GET /openapi/v3', 'reading'],
  ['GET /api/v1/namespaces/default/pods/web/log', 'reading'],
  ['POST /api/v1/namespaces/default/pods', 'writing'],
  ['DELETE /api/v1/namespaces/default/pods', 'writing'],
  ['POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 'writing'],
  ['GET /api/v1/pods?watch=true', 'lasting'],
  ['GET /api/v1/namespaces/default/pods/web/log?follow=true', 'lasting'],
  ['GET /journal', 'reading'],
  ['GET /journal?follow=true', 'lasting'],
  ['POST /api/v1/namespaces/default/pods/web/exec?command=sh', 'lasting'],
  ['GET /api/v1/namespaces/default/pods/web/portforward', 'lasting'],
  ['GET /readyz?verbose', 'free'],
  ['GET /livez/ping', 'free'],
  ['GET /metrics', 'free'],
])('%s is %s', (request, expected) => expect(lane(request)).toBe(expected));

describe('a lane', () => {
  const few = { running: 2, waiting: 1 };
  const bounds = { reading: few, writing: few, lasting: { running: 1, waiting: 0 } };

  test('lets in as many as may run; the next waits, and the one after it is refused', async () => {
    const load = new Load(bounds);
    await load.enter('writing');
    await load.enter('writing');
    let isIn = false;
    const third = load.enter('writing').then(() => (isIn = true));
    await expect(load.enter('writing')).rejects.toMatchObject({ reason: 'TooManyRequests', details: { retryAfterSeconds: 1 } });
    expect(isIn).toBe(false);
    load.leave('writing');
    await third;
    expect(load.running('writing')).toBe(2);
  });

  test('lets those who wait in one after the other, as they came', async () => {
    const load = new Load({ ...bounds, reading: { running: 1, waiting: 3 } });
    await load.enter('reading');
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (n) => {
      await load.enter('reading');
      order.push(n);
      load.leave('reading');
    });
    load.leave('reading');
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
    expect(load.running('reading')).toBe(0);
  });

  test('does not stand in the way of another one', async () => {
    const load = new Load(bounds);
    await load.enter('writing');
    await load.enter('writing');
    void load.enter('writing');
    await load.enter('reading');
    await load.enter('lasting');
    for (let i = 0; i < 100; i++) await load.enter('free');
    await expect(load.enter('lasting')).rejects.toMatchObject({ reason: 'TooManyRequests' });
  });
});

test('all bodies together have a bound, and give back what they took', () => {
  const bodies = new BodyMemory(100);
  const [one, two] = [bodies.share(), bodies.share()];
  one.grow(60);
  two.grow(30);
  expect(() => two.grow(20)).toThrow('Too many requests, please try again later.');
  one.release();
  two.grow(20);
  expect(bodies.held).toBe(50);
  two.release();
  two.release();
  expect(bodies.held).toBe(0);
});
