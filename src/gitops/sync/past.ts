import type { Client } from '../../client/index.ts';
import { PLANS, SYSTEM_NAMESPACE, type Application, type Plan } from '../../model/index.ts';
import { byAge } from '../history/history.ts';
import type { PastState, Source } from '../source/source.ts';
import type { Wanted } from './wanted.ts';

/** How far back a state is looked for. */
const MOST_COMMITS = 100;

type PastSource = Pick<Source, 'past'>;

/**
 * Whether the application was like this before what is applied now: a revert or a reset, which is meant. One that has
 * vanished was so when all of the manifests were as they are now. What a person was asked for then and did not agree to
 * never was so.
 */
export async function goesBack(
  wanted: Wanted,
  { metadata, status }: Application,
  { source, client }: { source: PastSource; client: Pick<Client, 'list'> },
): Promise<boolean> {
  if (!status?.revision) return false;
  const isSame = ({ tree, root }: PastState) => (wanted.tree === undefined ? root === wanted.root : tree === wanted.tree);
  const wasSame = async (revision: string, limit: number) => {
    for await (const state of source.past(revision, wanted.path, limit)) if (isSame(state)) return true;
    return false;
  };
  // The same files as now, divided or aimed otherwise, are no way back.
  if (await wasSame(status.revision, 1)) return false;
  for (const { spec, status: outcome } of await plansOf(metadata.name, client)) {
    if (await wasSame(spec.revision, 1)) return outcome?.startedAt !== undefined;
  }
  return wasSame(status.revision, MOST_COMMITS);
}

/** Newest first. */
async function plansOf(application: string, client: Pick<Client, 'list'>): Promise<readonly Plan[]> {
  const { items } = await client.list(PLANS, { namespace: SYSTEM_NAMESPACE });
  return items.filter(({ spec }) => spec.application === application).toSorted((a, b) => byAge(b, a));
}

/** Whether the commit asks for something else than what was applied last. */
export async function hasNewContent({ path, tree, commit }: Wanted, { status }: Application, source: PastSource): Promise<boolean> {
  if (!status?.revision) return true;
  if (status.revision === commit.oid) return false;
  for await (const last of source.past(status.revision, path, 1)) return last.tree !== tree;
  return true;
}
