import { existsSync } from 'node:fs';
import { collectionOf, storeOptions } from '../apiserver/index.ts';
import { messageOf, type Clock, type Log, type Millis } from '../base/index.ts';
import { PODS, type Pod } from '../model/index.ts';
import { openStore } from '../store/index.ts';
import type { DataDir } from './datadir.ts';

/** Of a pod that does not say, or that nobody knows. */
const USUAL_GRACE_SECONDS = 30;

/** How long each pod may take to end, by its uid, as the journal of a daemon that has ended knows it. */
export async function readGraces(dataDir: DataDir, parts: { readonly clock: Clock; readonly log: Log }): Promise<(uid: string) => Millis> {
  const seconds = new Map<string | undefined, number>();
  try {
    for (const { metadata, spec } of await readPods(dataDir, parts)) {
      seconds.set(metadata.uid, metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? USUAL_GRACE_SECONDS);
    }
  } catch (error) {
    // Whatever has become of the journal, its pods can be stopped.
    parts.log.warn({ error: messageOf(error) }, 'the journal cannot be read: each pod has the usual time to end');
  }
  return (uid) => (seconds.get(uid) ?? USUAL_GRACE_SECONDS) * 1000;
}

async function readPods(dataDir: DataDir, { clock, log }: { readonly clock: Clock; readonly log: Log }): Promise<readonly Pod[]> {
  if (!existsSync(dataDir.journal)) return [];
  const options = { ...storeOptions(), now: () => clock.now(), clock, keyDirectory: dataDir.path, log };
  const store = await openStore(dataDir.journal, options);
  try {
    return store.list(collectionOf(PODS)).entries.map(({ value }) => value as Pod);
  } finally {
    await store.close();
  }
}
