import { messageOf, type Millis } from '../../base/index.ts';
import { durationMillis, parseTime } from '../../model/index.ts';
import type { Health } from '../../status/index.ts';
import type { ApplicationStatus } from './applications.ts';
import type { Wanted } from './wanted.ts';
import type { SyncTools } from './tools.ts';

const RETRY: Millis = 1000;

/** Writes how an application is, if that is news; gives when to look again, if time alone may change it. */
export async function writeHealth(application: string, tools: SyncTools): Promise<Millis | undefined> {
  const { watch, applications, observer, intake, log, clock, record } = tools;
  const seen = isLeaving(intake.get(application)) ? watch.leavingOf(application) : watch.healthOf(application);
  let news: Health | undefined;
  let again: Millis | undefined;
  try {
    await applications.writeStatus(application, (status, spec) => {
      const { healthTimeout } = intake.get(application)?.spec ?? spec;
      const { health, overdueIn } = judgeHealth(seen, status, durationMillis(healthTimeout ?? ''), clock.now());
      again = overdueIn;
      news = wasApplied(status) && status.health !== health.state ? health : undefined;
      return withHealth(status, health);
    });
    if (news) {
      const { state, message } = news as Health;
      record({
        event: 'health',
        message: `${application} is ${state}${message ? `: ${message}` : ''}`,
        fields: { application, health: state },
      });
      observer.health?.(application, news);
    }
    return again;
  } catch (error) {
    log.warn({ application, error: messageOf(error) }, 'health not written');
    return RETRY;
  }
}

const isLeaving = (wanted: Wanted | undefined) => wanted !== undefined && wanted.tree === undefined;

/** Nothing of it is in the cluster yet, so nothing there says how it is. */
const NEVER_APPLIED: Health = { state: 'Missing', message: 'nothing of it has been applied yet' };

export function wasApplied({ revision, inventory }: ApplicationStatus): boolean {
  return revision !== undefined || (inventory?.length ?? 0) > 0;
}

/** What is not healthy in time is Degraded; `overdueIn` is when that will be. */
export function judgeHealth(
  seen: Health,
  status: ApplicationStatus,
  timeout: Millis | undefined,
  now: Millis,
): { readonly health: Health; readonly overdueIn?: Millis } {
  if (!wasApplied(status)) return { health: NEVER_APPLIED };
  if (timeout === undefined || seen.state !== 'Progressing' || status.lastSyncTime === undefined) return { health: seen };
  const left = parseTime(status.lastSyncTime)! + timeout - now;
  if (left > 0) return { health: seen, overdueIn: left };
  const message = `has not become healthy within ${Math.round(timeout / 1000)} s${seen.message ? `: ${seen.message}` : ''}`;
  return { health: { state: 'Degraded', message } };
}

export function withHealth(status: ApplicationStatus, { state, message }: Health): ApplicationStatus {
  const { healthMessage: _, ...rest } = status;
  return { ...rest, health: state, ...(message === undefined ? {} : { healthMessage: message }) };
}
