/** Deletes jobs some time after they have finished. */
import type { Millis } from '../../base/index.ts';
import { JOBS, keyOf, parseTime, type Job, type ObjectKey } from '../../model/index.ts';
import { conditionOf } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { on, SETTLED, type Controller, type Outcome } from '../loop.ts';

export const ttlController: Controller = {
  name: 'ttl-after-finished',
  reads: [JOBS],
  concurrency: 4,
  start: ({ client, clock }) => ({
    triggers: [on(JOBS, ({ after }) => (after && expiresIn(after, 0) !== undefined ? [keyOf(after)] : []))],
    reconcile: async (key: ObjectKey): Promise<Outcome> => {
      const job = client.informer(JOBS).get(key);
      const wait = job && expiresIn(job, clock.now());
      if (wait === undefined) return SETTLED;
      if (wait > 0) return { kind: 'waiting', afterMs: wait, on: 'ttlSecondsAfterFinished' };
      const { name, namespace, uid } = job!.metadata;
      // The limit may have been raised since the cache was filled: a conflict tells.
      const { resourceVersion } = job!.metadata;
      await client
        .delete({ kind: JOBS, name, namespace }, { propagation: 'Foreground', preconditions: { uid, resourceVersion } })
        .catch(ignoreNotFound);
      return SETTLED;
    },
  }),
};

/** Undefined for a job that stays: unfinished, without a limit, or on its way out. */
export function expiresIn({ metadata, spec, status }: Job, now: Millis): Millis | undefined {
  const end = ['Complete', 'Failed'].map((type) => conditionOf(status?.conditions, type)).find((condition) => condition?.status === 'True');
  const finished = parseTime(end?.lastTransitionTime);
  if (metadata.deletionTimestamp || finished === undefined || spec.ttlSecondsAfterFinished === undefined) return undefined;
  return Math.max(0, finished + spec.ttlSecondsAfterFinished * 1000 - now);
}
