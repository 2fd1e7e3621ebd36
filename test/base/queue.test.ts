import { describe, expect, test } from 'vitest';
import { ManualClock, seededRandom, WorkQueue, type QueueOptions } from '../../src/base/index.ts';

function queueWith(options: Partial<QueueOptions<string>> & Pick<QueueOptions<string>, 'handle'>) {
  const clock = new ManualClock(0);
  return { clock, queue: new WorkQueue<string>({ clock, random: seededRandom(1), ...options }) };
}

describe('a work queue', () => {
  test('runs a key once that was added many times before its turn', async () => {
    const handled: string[] = [];
    const { clock, queue } = queueWith({ handle: async (key) => void handled.push(key) });
    for (let i = 0; i < 5; i++) queue.add('a');
    queue.add('b');
    await clock.settle();
    expect(handled).toEqual(['a', 'b']);
  });

  test('never runs one key twice at once; what is added meanwhile runs afterwards', async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const { clock, queue } = queueWith({
      concurrency: 4,
      handle: async () => {
        most = Math.max(most, ++running);
        runs++;
        await Promise.resolve();
        running--;
        return undefined;
      },
    });
    queue.add('a');
    await Promise.resolve();
    queue.add('a');
    queue.add('a');
    await clock.settle();
    expect({ most, runs }).toEqual({ most: 1, runs: 2 });
  });

  test('runs as many keys at once as it may', async () => {
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const { clock, queue } = queueWith({
      concurrency: 2,
      handle: async () => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => release.push(resolve));
        running--;
        return undefined;
      },
    });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await clock.settle();
    expect(running).toBe(2);
    while (release.length > 0) {
      release.shift()!();
      await clock.settle();
    }
    expect({ most, running }).toEqual({ most: 2, running: 0 });
  });

  test('tries a failed key again, later each time, and from the start after a success', async () => {
    const delays: number[] = [];
    let failing = true;
    const { clock, queue } = queueWith({
      firstRetryMs: 10,
      handle: async () => {
        if (failing) throw new Error('no');
        return undefined;
      },
      failed: (_key, _error, retryMs) => delays.push(Math.floor(retryMs / 10)),
    });
    queue.add('a');
    await clock.advance(200);
    expect(delays.slice(0, 4)).toEqual([1, 2, 4, 8]);
    failing = false;
    await clock.advance(1000);
    failing = true;
    delays.length = 0;
    queue.add('a');
    await clock.settle();
    expect(delays).toEqual([1]);
  });

  test('a key waits for the earliest of the times that were asked for', async () => {
    const at: number[] = [];
    const { clock, queue } = queueWith({ handle: async () => void at.push(clock.now()) });
    queue.addAfter('a', 100);
    queue.addAfter('a', 50);
    queue.addAfter('a', 80);
    await clock.advance(200);
    expect(at).toEqual([50]);
  });

  test('closing waits for what runs, tells it to stop, and takes nothing more', async () => {
    let stopped = false;
    const { clock, queue } = queueWith({
      handle: (_key, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            stopped = true;
            resolve(undefined);
          });
        }),
    });
    queue.add('a');
    await clock.settle();
    await queue.close();
    queue.add('b');
    expect(stopped).toBe(true);
    expect(queue.depth).toBe(0);
  });
});
