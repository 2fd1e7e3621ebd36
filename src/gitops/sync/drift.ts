import { messageOf, type Millis } from '../../base/index.ts';
import type { Application } from '../../model/index.ts';
import { identityOf } from '../desired/identity.ts';
import { isLeftToOthers, type HealPace } from './heal.ts';
import { statusAfter } from './status.ts';
import { tellDrift } from './tell.ts';
import type { SyncTools } from './tools.ts';
import type { Drift } from './watch.ts';

type DriftTools = Pick<SyncTools, 'applications' | 'clock' | 'log' | 'record' | 'observer'>;

/** Tells of what others changed, and gives how soon the application is to be synced for it. */
export function answerDrift(
  drift: Drift,
  isOurs: boolean,
  policy: Application['spec'] | undefined,
  pace: HealPace,
  tools: DriftTools,
): Millis {
  const { application, item, before, after } = drift;
  // What goes is no drift, nor what nobody is asked to write.
  if (!isOurs) return 0;
  if (isLeftToOthers(before, after, policy?.ignore)) return 0;
  const repair = pace.next(identityOf(item));
  const message = tellDrift(drift, repair, tools);
  if (repair.fight) void writeFight(application, message, tools);
  return repair.delayMs;
}

const HINT = 'leave it to them with "ignore", or take it out of Git';

/** As long as drift that is fought over stays, the status says so. The next sync says what became of it. */
async function writeFight(application: string, message: string, { applications, clock, log }: DriftTools): Promise<void> {
  try {
    await applications.writeStatus(application, (status) => {
      const { observedRevision } = status;
      if (observedRevision === undefined || status.sync !== 'Synced') return status;
      return statusAfter(status, { reason: 'Drifted', message: `${message}; ${HINT}`, observedRevision }, clock.now());
    });
  } catch (error) {
    log.warn({ application, error: messageOf(error) }, 'drift not written');
  }
}
