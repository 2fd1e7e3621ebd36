import { expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../src/base/index.ts';

test('timers fire in the order of their due time, then of their making, and see the time they asked for', async () => {
  const clock = new ManualClock(0);
  const fired: string[] = [];
  clock.after(20, () => fired.push(`b@${clock.now()}`));
  clock.after(10, () => fired.push(`a@${clock.now()}`));
  clock.after(20, () => fired.push(`c@${clock.now()}`));
  await clock.advance(20);
  expect(fired).toEqual(['a@10', 'b@20', 'c@20']);
  expect(clock.now()).toBe(20);
});

test('a timer that a timer sets fires within the same advance when it is due', async () => {
  const clock = new ManualClock(0);
  let count = 0;
  const tick = () => {
    count++;
    clock.after(10, tick);
  };
  clock.after(10, tick);
  await clock.advance(100);
  expect(count).toBe(10);
});

test('promises between two timers come to rest before the second fires', async () => {
  const clock = new ManualClock(0);
  const seen: string[] = [];
  clock.after(
    1,
    () =>
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => seen.push('after the first')),
  );
  clock.after(2, () => seen.push('second'));
  await clock.advance(2);
  expect(seen).toEqual(['after the first', 'second']);
});

test('a cancelled timer does not fire', async () => {
  const clock = new ManualClock(0);
  clock.after(5, () => expect.unreachable()).cancel();
  await clock.advance(10);
});

test('sleep ends early, with the reason, when its signal aborts', async () => {
  const clock = new ManualClock(0);
  const abort = new AbortController();
  const sleeping = clock.sleep(1000, abort.signal);
  abort.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
});

test('a time that is over has come, and nobody is warned of it', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  try {
    await systemClock.sleep(-15_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', note);
  }
});
