import { watch, type FSWatcher } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isStatus, messageOf, WorkQueue, type Clock, type Log, type Millis, type Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { MIRROR_ANNOTATION, NODES, PODS, type Pod } from '../../model/index.ts';
import { podsOfNode } from '../feeds.ts';
import { decideMirrors, readManifest, type ManifestFile, type MirrorStep } from './manifests.ts';

export interface StaticPodsOptions {
  readonly directory: string;
  readonly nodeName: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Who writes a file is given time to come to its end. */
const SETTLE: Millis = 100;

/** Keeps a pod in the API for each file of a directory, as it comes, changes and goes, and whoever deletes the pod. */
export function followStaticPods({ directory, nodeName, client, clock, random, log }: StaticPodsOptions): { close(): void } {
  const pods = client.informer(PODS);
  const present = () => podsOfNode(pods, nodeName).filter(({ metadata }) => metadata.annotations?.[MIRROR_ANNOTATION] !== undefined);
  const told = new Map<string, string>();
  let watcher: FSWatcher | undefined;

  async function follow(): Promise<undefined> {
    if (!watcher) {
      await mkdir(directory, { recursive: true });
      watcher = watch(directory, { persistent: false }, () => queue.addAfter('files', SETTLE));
    }
    const wanted: Pod[] = [];
    for (const file of await filesIn(directory)) {
      const read = readManifest(file, nodeName);
      if (read.ok) wanted.push(read.pod);
      else if (told.get(read.file) !== read.problem) log.error({ file: join(directory, read.file), problem: read.problem }, 'static pod not run');
      told.set(file.name, read.ok ? '' : read.problem);
    }
    for (const step of decideMirrors(wanted, present())) await take(step);
  }

  async function take({ do: what, pod }: MirrorStep): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      if (what === 'create') await client.create(PODS, await ofNode(pod));
      else await client.delete({ kind: PODS, name, ...(namespace ? { namespace } : {}) }, { preconditions: uid ? { uid } : {} });
    } catch (error) {
      if (isStatus(error, 'Invalid', 'Forbidden')) log.error({ pod: `${namespace}/${name}`, error: error.message }, 'static pod not run');
      else if (!isStatus(error, 'NotFound', 'AlreadyExists')) throw error;
    }
  }

  async function ofNode(pod: Pod): Promise<Pod> {
    const { metadata } = await client.get(NODES, nodeName);
    const owner = { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: metadata.uid ?? '', controller: true };
    return { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } };
  }

  const failed = (_: string, error: unknown, retryMs: Millis) => log.warn({ directory, error: messageOf(error), retryMs }, 'static pods not read');
  const queue = new WorkQueue<string>({ clock, random, handle: follow, failed });
  const following = pods.follow(({ before, after }) => {
    if (before && !after && before.spec.nodeName === nodeName && before.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) queue.add('files');
  });
  queue.add('files');
  return {
    close: () => {
      following.close();
      watcher?.close();
      void queue.close();
    },
  };
} // prettier-ignore

const MANIFEST = /^[^.].*\.(ya?ml|json)$/;

async function filesIn(directory: string): Promise<readonly ManifestFile[]> {
  const names = (await readdir(directory)).filter((name) => MANIFEST.test(name)).toSorted();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(directory, name), 'utf8') })));
}
