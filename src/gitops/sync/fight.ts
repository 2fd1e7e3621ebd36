import { messageOf } from '../../base/index.ts';
import { statusAfter } from './status.ts';
import type { SyncTools } from './tools.ts';

const HINT = 'leave it to them with "ignore", or take it out of Git';

/** As long as drift that is fought over stays, the status says so. The next sync says what became of it. */
export async function writeFight(
  application: string,
  message: string,
  { applications, clock, log }: Pick<SyncTools, 'applications' | 'clock' | 'log'>,
): Promise<void> {
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
