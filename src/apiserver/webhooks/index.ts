/**
 * Admission webhooks: programs that are asked, over HTTPS, about what is to be written. The verbs stay as they are, in one
 * turn and without waiting: one that needs an answer is given up, and run again once it is there.
 */
import { StatusError, type Clock, type Random } from '../../base/index.ts';
import { NotLoaded } from '../needed.ts';
import { Hearing, Unheard } from './hearing.ts';
import type { Hooks } from './hooks.ts';
import type { CallWebhook } from './call.ts';

export { webhookCaller, type CallWebhook } from './call.ts';
export type { Hearing } from './hearing.ts';
export { followHooks } from './hooks.ts';

/** Runs a verb with the answers that it needs; at once, and in this turn, where there are no webhooks. */
export type Attend = <T>(act: (hearing: Hearing | undefined) => T) => T | Promise<T>;

interface AttendOptions {
  readonly hooks: () => Hooks | undefined;
  readonly call: CallWebhook;
  readonly random: Random;
  readonly clock: Clock;
}

/** So often what a webhook was asked about may have changed before it answered, or it may have been asked about something new. */
const MOST_ROUNDS = 100;

export function attendTo({ hooks, call, random, clock }: AttendOptions): Attend {
  const rounds = async <T>(present: Hooks, act: (hearing: Hearing) => T): Promise<T> => {
    const hearing = new Hearing(present, random, clock.now());
    for (let round = 0; round < MOST_ROUNDS; round++) {
      try {
        hearing.begin();
        return act(hearing);
      } catch (error) {
        if (error instanceof NotLoaded) await error.loaded;
        else if (!(error instanceof Unheard)) throw error;
        else await Promise.all(error.asks.map(async (ask) => hearing.hear(ask, await call(ask))));
      }
    }
    throw new StatusError('Timeout', 'what webhooks were asked about changed each time before they had answered');
  };
  const attend: Attend = (act) => {
    const present = hooks();
    if (present) return rounds(present, act);
    try {
      return act(undefined);
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      return error.loaded.then(() => attend(act));
    }
  };
  return attend;
}
