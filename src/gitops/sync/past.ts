import type { Application } from '../../model/index.ts';
import type { Source } from '../source/source.ts';
import type { Wanted } from './intake.ts';

/** How far back a state is looked for. */
const MOST_COMMITS = 100;

type PastSource = Pick<Source, 'past'>;

/**
 * Whether the application was like this before what is applied now: a revert or a reset, which is meant. One that has
 * vanished was so when all of the manifests were as they are now.
 */
export async function goesBack({ path, tree, root }: Wanted, { status }: Application, source: PastSource): Promise<boolean> {
  if (!status?.revision) return false;
  let isApplied = true;
  for await (const past of source.past(status.revision, path, MOST_COMMITS)) {
    // The same files as now, divided or aimed otherwise, are no way back.
    if (tree === undefined ? past.root === root : past.tree === tree) return !isApplied;
    isApplied = false;
  }
  return false;
}

/** Whether the commit asks for something else than what was applied last. */
export async function hasNewContent({ path, tree, commit }: Wanted, { status }: Application, source: PastSource): Promise<boolean> {
  if (!status?.revision) return true;
  if (status.revision === commit.oid) return false;
  for await (const last of source.past(status.revision, path, 1)) return last.tree !== tree;
  return true;
}
