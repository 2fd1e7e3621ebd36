import { createLog, Scope, systemClock, systemRandom, UserError } from '../base/index.ts';
import { runControllers, runScheduler, type Leadership, type StandaloneOptions } from '../daemon/index.ts';
import { explain } from './output.ts';

interface Place {
  readonly kubeconfig: string;
  readonly context?: string;
}

/** Runs until it is told to end. */
export async function controllers({ only: names, ...place }: Place & { only?: string }): Promise<void> {
  const only = names?.split(',').map((name) => name.trim());
  await untilTold(only ? only.join(', ') : 'all controllers', place, (options) => runControllers(options, only));
}

export async function scheduler({ schedulerName, ...place }: Place & { schedulerName?: string }): Promise<void> {
  await untilTold(schedulerName ?? 'the scheduler', place, (options) => runScheduler(options, schedulerName));
}

async function untilTold(what: string, place: Place, start: (options: StandaloneOptions) => Promise<Leadership>): Promise<void> {
  const scope = new Scope('standalone');
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  try {
    const started = start({ ...place, log: createLog({ level: 'info' }), scope, clock: systemClock, random: systemRandom });
    const leadership = await Promise.race([started, told]);
    if (!leadership) return;
    process.stdout.write(`${what} on the server of ${place.kubeconfig}; Ctrl-C ends it\n`);
    await Promise.race([leadership.lost.then(() => endAtOnce(what)), told]);
  } finally {
    await scope.close();
  }
}

/** What is under way must not come to its end any more: it would act beside the one that leads by then. */
function endAtOnce(what: string): never {
  process.stderr.write(
    explain(new UserError(`the lease could not be renewed in time: another process may lead ${what} now, so this one ends`)),
  );
  process.exit(1);
}
