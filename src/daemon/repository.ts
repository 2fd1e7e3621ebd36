import { join } from 'node:path';
import type { Clock, Scope } from '../base/index.ts';
import { openSource, startWebhook, type Source } from '../gitops/index.ts';
import type { DataDir } from './datadir.ts';
import type { GitSettings } from './settings.ts';

interface Repository {
  readonly repository: string;
  readonly git?: GitSettings;
}

/** The repository as the daemon follows it; `offline`: as the daemon fetched it last. */
export function openRepository(
  { repository, git = {} }: Repository,
  dataDir: DataDir,
  clock: Clock,
  { offline = false } = {},
): Promise<Source> {
  const { ref, path, credentials, pollMs, allowedSigners } = git;
  const remote = { directory: join(dataDir.path, 'git'), clock, credentials, pollMs, offline };
  return openSource(repository, { ref, path, remote, ...(offline ? {} : { allowedSigners }) });
}

/** Opens the door for pushes, if one is wanted; gives its address. */
export async function openWebhook({ webhook }: GitSettings, source: Source, scope: Scope): Promise<string | undefined> {
  if (!webhook) return undefined;
  return scope.use(await startWebhook({ ...webhook, pushed: () => source.look() })).url;
}
