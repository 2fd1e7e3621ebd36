import { afterEach, expect, test } from 'vitest';
import { openScopes, Scope } from '../../src/base/index.ts';

afterEach(() => expect(openScopes()).toEqual([]));

test('what was started last ends first, and the signal comes before all', async () => {
  const scope = new Scope('a');
  const ended: string[] = [];
  scope.signal.addEventListener('abort', () => ended.push('signal'));
  scope.defer(() => void ended.push('first'));
  scope.defer(async () => void ended.push('second'));
  await scope.close();
  expect(ended).toEqual(['signal', 'second', 'first']);
});

test('a child ends with its parent, and only once', async () => {
  const parent = new Scope('parent');
  const child = parent.child('child');
  let closed = 0;
  child.defer(() => void closed++);
  expect(openScopes()).toEqual(['parent', 'parent/child']);
  await parent.close();
  await child.close();
  expect(closed).toBe(1);
});

test('closing waits for owned work and swallows only what the closing caused', async () => {
  const scope = new Scope('a');
  const failures: unknown[] = [];
  scope.spawn(async (signal) => {
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }, (error) => failures.push(error)); // prettier-ignore
  scope.spawn(async () => Promise.reject(new Error('real')), (error) => failures.push((error as Error).message)); // prettier-ignore
  await Promise.resolve();
  await Promise.resolve();
  await scope.close();
  expect(failures).toEqual(['real']);
});

test('one failing closer does not keep the others from closing', async () => {
  const scope = new Scope('a');
  let closed = false;
  scope.defer(() => void (closed = true));
  scope.defer(() => Promise.reject(new Error('stuck')));
  await expect(scope.close()).rejects.toThrow('stuck');
  expect(closed).toBe(true);
});
