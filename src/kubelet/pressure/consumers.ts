import type { Pod } from '../../model/index.ts';
import type { Runtime } from '../runtime.ts';
import { bytesBelow } from '../volumes/usage.ts';
import type { Shortage } from './judge.ts';
import type { Consumer } from './victim.ts';

/** What each of the pods takes of what is short: memory by its containers, the disk by its volumes. */
export async function consumersOf(pods: readonly Pod[], { resource }: Shortage, runtime: Runtime): Promise<readonly Consumer[]> {
  const running = pods.filter(({ metadata, status }) => status?.phase === 'Running' && !metadata.deletionTimestamp);
  return resource === 'memory' ? byMemory(running, runtime) : Promise.all(running.map((pod) => byDisk(pod, runtime)));
}

async function byMemory(pods: readonly Pod[], runtime: Runtime): Promise<readonly Consumer[]> {
  const used = (await runtime.usage?.(pods.map(({ metadata }) => metadata.uid ?? ''))) ?? [];
  return pods.map((pod) => {
    const own = used.filter(({ podUid }) => podUid === pod.metadata.uid);
    return { pod, usage: new Map(own.map(({ name, memoryBytes }) => [name, memoryBytes])) };
  });
}

async function byDisk(pod: Pod, runtime: Runtime): Promise<Consumer> {
  const [found] = await runtime.list(pod.metadata.uid ?? '');
  return { pod, usage: new Map(), shared: found?.sandbox.volumes ? await bytesBelow(found.sandbox.volumes) : 0 };
}
