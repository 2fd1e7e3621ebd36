/**
 * Makes `count` things in batches of 1, 2, 4, 8 and so on, and stops after a batch with a failure: when nothing can be
 * made (a quota, a broken template), only a few attempts are spent on finding out. Gives the first failure.
 */
export async function slowStart(count: number, make: () => Promise<unknown>): Promise<{ readonly error: unknown } | undefined> {
  let left = count;
  for (let batch = Math.min(left, 1); batch > 0; batch = Math.min(left, batch * 2)) {
    const results = await Promise.allSettled(Array.from({ length: batch }, make));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) return { error: failed.reason };
    left -= batch;
  }
  return undefined;
}
