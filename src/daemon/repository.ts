import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Scope } from '../base/index.ts';
import type { PipelineOptions, Source } from '../gitops/index.ts';
import type { DataDir } from './datadir.ts';
import type { GitSettings } from './settings.ts';

/** A control plane without a repository does without all of it. */
const loadGitops = () => import('../gitops/index.ts');

interface Repository {
  readonly repository: string;
  readonly git?: GitSettings;
}

interface FollowOptions extends Omit<PipelineOptions, 'maskKey' | 'renderArchive'> {
  readonly dataDir: DataDir;
}

/** The repository as the daemon follows it; `offline`: as the daemon fetched it last; `lenient`: what it would refuse is only told. */
export async function openRepository(
  { repository, git = {} }: Repository,
  dataDir: DataDir,
  clock: Clock,
  { offline = false, lenient = false } = {},
): Promise<Source> {
  const { openSource } = await loadGitops();
  const { ref, path, credentials, pollMs, allowedSigners } = git;
  const remote = { directory: join(dataDir.path, 'git'), clock, credentials, pollMs, offline };
  return openSource(repository, { ref, path, remote, ...(offline && !lenient ? {} : { allowedSigners, lenient }) });
}

/** Keeps the cluster as its commits say. Resolves when the present one is applied, or refused. */
export async function followRepository({ dataDir, ...options }: FollowOptions): Promise<void> {
  const { startPipeline } = await loadGitops();
  const renderArchive = join(dataDir.path, 'git', 'rendered.jsonl');
  const pipeline = await startPipeline({ ...options, maskKey: maskKeyOf(dataDir), renderArchive });
  await pipeline.ready;
}

/** Opens the door for pushes, if one is wanted; gives its address. */
export async function openWebhook({ webhook }: GitSettings, source: Source, scope: Scope): Promise<string | undefined> {
  if (!webhook) return undefined;
  const { startWebhook } = await loadGitops();
  return scope.use(await startWebhook({ ...webhook, pushed: () => source.look() })).url;
}

/** Derived from the key of this data directory, so that the marks of unchanged Secrets survive a restart. */
function maskKeyOf(dataDir: DataDir): string {
  return createHash('sha256')
    .update('mask')
    .update(readFileSync(join(dataDir.path, 'secret.key')))
    .digest('hex');
}
