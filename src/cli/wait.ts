import colours from 'picocolors';
import { UserError } from '../base/index.ts';
import type { Source } from '../gitops/index.ts';
import { APPLICATIONS, durationMillis, SYSTEM_NAMESPACE, type Application } from '../model/index.ts';
import type { Connection } from './connect.ts';
import { Progress } from './progress.ts';

/** Exit code: it was not there in time. */
export const LATE = 3;

export function parseTimeout(text: string): number {
  const ms = durationMillis(text);
  if (ms === undefined) throw new UserError(`--timeout ${text}: expected a time such as 30s or 5m`);
  return ms;
}

/** Waits until the applications are what the last commit says and healthy; gives the exit code. */
export async function waitUntilThere(
  { client }: Connection,
  source: Source | undefined,
  name: string | undefined,
  timeoutMs: number,
): Promise<number> {
  const progress = new Progress();
  const informer = client.informer(APPLICATIONS);
  await informer.synced;
  const applications = () => informer.list(SYSTEM_NAMESPACE).filter(({ metadata }) => name === undefined || metadata.name === name);
  let changed: () => void = () => {};
  const subscription = informer.subscribe(() => changed());
  const timer = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), timeoutMs).unref());
  try {
    for (;;) {
      const next = new Promise<'changed'>((resolve) => (changed = () => resolve('changed')));
      const behind: string[] = [];
      for (const application of applications()) {
        const why = await whyNotThere(application, source);
        if (why !== undefined) behind.push(`${application.metadata.name}: ${why}`);
      }
      if (behind.length === 0 && applications().length > 0) {
        progress.end(`${colours.green('✔')} ${name ?? 'every application'} is as its commit says, and healthy`);
        return 0;
      }
      progress.show(behind.map((line) => `${colours.cyan('…')} ${line}`));
      if ((await Promise.race([next, timer])) === 'late') {
        progress.end(behind.map((line) => `${colours.red('✖')} ${line}`).join('\n') || `${colours.red('✖')} there is no application yet`);
        return LATE;
      }
    }
  } finally {
    subscription.close();
  }
}

/** Undefined: it is there. */
async function whyNotThere({ spec, status }: Application, source: Source | undefined): Promise<string | undefined> {
  if (!(await hasSeenTip(spec.path, status?.observedRevision, source))) return 'the last commit is to be seen';
  const condition = status?.conditions?.find(({ type }) => type === 'Synced');
  if (status?.sync !== 'Synced') return `${condition?.reason ?? 'Unknown'}: ${condition?.message?.split('\n', 1)[0] ?? ''}`;
  return status.health === 'Healthy' ? undefined : `${status.health}: ${status.healthMessage?.split('\n', 1)[0] ?? ''}`;
}

/** An application looks at the commits that change it. */
async function hasSeenTip(path: string, observed: string | undefined, source: Source | undefined): Promise<boolean> {
  const tip = await source?.tip();
  if (!source || tip === undefined || tip === observed) return true;
  if (observed === undefined) return false;
  const [now, then] = await Promise.all([tip, observed].map((commit) => treeAt(source, commit, path)));
  return now === then;
}

async function treeAt(source: Source, commit: string, path: string): Promise<string | undefined> {
  for await (const { tree } of source.past(commit, path, 1)) return tree;
  return undefined;
}
