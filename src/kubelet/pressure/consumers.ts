import type { Pod } from '../../model/index.ts';
import type { Runtime } from '../runtime.ts';
import { bytesBelow } from '../volumes/usage.ts';
import type { Shortage } from './judge.ts';
import type { Consumer } from './victim.ts';

/** What each of the pods takes of what is short: memory by its containers, the disk by these and its volumes. */
export async function consumersOf(pods: readonly Pod[], { resource }: Shortage, runtime: Runtime): Promise<readonly Consumer[]> {
  const running = pods.filter(({ metadata, status }) => status?.phase === 'Running' && !metadata.deletionTimestamp);
  return resource === 'memory' ? byMemory(running, runtime) : Promise.all(running.map((pod) => byDisk(pod, resource, runtime)));
}

async function byMemory(pods: readonly Pod[], runtime: Runtime): Promise<readonly Consumer[]> {
  const used = (await runtime.usage?.(pods.map(({ metadata }) => metadata.uid ?? ''))) ?? [];
  return pods.map((pod) => {
    const own = used.filter(({ podUid }) => podUid === pod.metadata.uid);
    return { pod, usage: new Map(own.map(({ name, memoryBytes }) => [name, memoryBytes])) };
  });
}

/** Who takes many inodes is not known: there, who takes much room in volumes stands in for them. */
async function byDisk(pod: Pod, resource: string, runtime: Runtime): Promise<Consumer> {
  const { uid = '' } = pod.metadata;
  const [found] = await runtime.list(uid);
  const own = resource === 'ephemeral-storage' ? await runtime.storage?.(uid) : undefined;
  const shared = found?.sandbox.volumes ? await bytesBelow(found.sandbox.volumes) : 0;
  return { pod, usage: new Map(own?.map(({ name, bytes }) => [name, bytes])), shared };
}
