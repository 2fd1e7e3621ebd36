import colours from 'picocolors';
import { UserError } from '../base/index.ts';
import { APPLICATIONS, durationMillis, SYSTEM_NAMESPACE } from '../model/index.ts';
import { judgeProgress } from './arrival.ts';
import type { Connection } from './connect.ts';
import { readFailure } from './failure.ts';
import { Progress } from './progress.ts';
import type { Followed } from './tip.ts';

/** Exit code: it was not there in time. */
export const LATE = 3;
/** Exit code: it does not get there unless somebody does something. */
const REFUSED = 1;

/** What nobody tells of, such as a commit that is fetched, is looked for so often. */
const LOOK_AGAIN_MS = 500;

export function parseTimeout(text: string): number {
  const ms = durationMillis(text);
  if (ms === undefined) throw new UserError(`--timeout ${text}: expected a time such as 30s or 5m`);
  return ms;
}

/** Waits until the applications are what the last commit says and healthy; gives the exit code. */
export async function waitUntilThere(
  { client }: Connection,
  followed: Followed | undefined,
  name: string | undefined,
  timeoutMs: number,
): Promise<number> {
  const progress = new Progress();
  const informer = client.informer(APPLICATIONS);
  await informer.synced;
  let changed: () => void = () => {};
  const subscription = informer.subscribe(() => changed());
  const timer = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), timeoutMs).unref());
  const known = new Set<string>();
  try {
    for (;;) {
      const next = new Promise<void>((resolve) => {
        changed = resolve;
        setTimeout(resolve, LOOK_AGAIN_MS).unref();
      });
      const applications = informer.list(SYSTEM_NAMESPACE);
      for (const { metadata } of applications) known.add(metadata.name);
      const seen = { applications, name, known, failure: await readFailure(client), tip: await followed?.tip() };
      const outcome = await judgeProgress(seen, followed?.source);
      if (outcome.kind === 'there') {
        progress.end(`${colours.green('✔')} ${outcome.message}`);
        return 0;
      }
      if (outcome.kind === 'refused') {
        progress.end(formatReasons(outcome.reasons));
        return REFUSED;
      }
      progress.show(outcome.reasons.map((line) => `${colours.cyan('…')} ${line}`));
      if ((await Promise.race([next, timer])) === 'late') {
        progress.end(formatReasons(outcome.reasons));
        return LATE;
      }
    }
  } finally {
    subscription.close();
  }
}

function formatReasons(reasons: readonly string[]): string {
  return reasons.map((reason) => `${colours.red('✖')} ${reason.replaceAll('\n', '\n    ')}`).join('\n');
}
