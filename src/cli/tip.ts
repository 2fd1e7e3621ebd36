import { askTip, isRemote, type Source } from '../gitops/index.ts';
import type { Tip } from './arrival.ts';
import type { Connection } from './connect.ts';
import { followed } from './plan.ts';

/** What the daemon on this machine follows. */
export interface Followed {
  readonly source: Source;
  /** Undefined while nothing is committed. */
  tip(): Promise<Tip | undefined>;
}

/** A remote is asked once where it is: what was pushed before is to be arrived at, whenever the daemon asks next. */
export async function followedBy(connection: Connection): Promise<Followed | undefined> {
  const { repository, git = {} } = connection.running ?? {};
  if (!repository) return undefined;
  const source = await followed(connection);
  // Why the remote does not answer is told by the daemon, which asks it too.
  const pushed = isRemote(repository)
    ? await askTip({ url: repository, ref: git.ref, credentials: git.credentials }).catch(() => undefined)
    : undefined;
  return {
    source,
    tip: async () => {
      const commit = await source.tip();
      if (pushed !== undefined && pushed !== commit && !(await isHere(source, pushed))) return { commit: pushed, isFetched: false };
      return commit === undefined ? undefined : { commit, isFetched: true };
    },
  };
}

async function isHere(source: Source, commit: string): Promise<boolean> {
  for await (const _ of source.past(commit, '.', 1)) return true;
  return false;
}
