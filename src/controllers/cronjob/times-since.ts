import type { Millis } from '../../base/index.ts';
import type { InformerChange } from '../../client/index.ts';
import type { CronJob } from '../../model/index.ts';

/**
 * Since when each CronJob has its present times: what they say of the time before was never meant. A restart forgets it, and
 * then counts as missed what it finds.
 */
export class TimesSince {
  readonly #byUid = new Map<string, Millis>();

  note({ before, after }: InformerChange<CronJob>, now: Millis): void {
    if (!before) return;
    if (!after) this.#byUid.delete(before.metadata.uid!);
    else if (!hasSameTimes(before, after)) this.#byUid.set(after.metadata.uid!, now);
  }

  /** Undefined for those that have not changed since the start. */
  of({ metadata }: CronJob): Millis | undefined {
    return this.#byUid.get(metadata.uid!);
  }
}

function hasSameTimes({ spec: a }: CronJob, { spec: b }: CronJob): boolean {
  return a.schedule === b.schedule && a.timeZone === b.timeZone;
}
