/** Pods as real containers, by a runtime that speaks the Container Runtime Interface: containerd or CRI-O. */
import { createHash } from 'node:crypto';
import { UserError, messageOf, type Millis } from '../../base/index.ts';
import type { Runtime, RuntimeFeatures } from '../runtime.ts';
import { connectRuntime } from './connection.ts';
import { noteCriSocket } from './find.ts';
import { runningIn } from './held.ts';
import { takeInventory, type InventoryParts } from './inventory.ts';
import { Layout } from './layout.ts';
import type { RuntimeStatus } from './messages.ts';
import { CriRuntime, type CriRuntimeOptions } from './runtime.ts';

export type { CriRuntimeOptions } from './runtime.ts';

/** How long a runtime may take to say what it is. */
const PATIENCE_MS: Millis = 5000;

export async function criRuntime(options: CriRuntimeOptions): Promise<Runtime> {
  const connection = await connectRuntime(options.socket);
  try {
    const { runtimeName, runtimeVersion } = await connection.runtime.version({}, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const features = featuresOf(await connection.runtime.status({}, { signal: AbortSignal.timeout(PATIENCE_MS) }));
    noteCriSocket(options.dir, options.socket);
    const layout = new Layout(options.dir);
    const owner = createHash('sha256').update(options.dir).digest('hex').slice(0, 16);
    const parts: InventoryParts = { connection, layout, owner, hostIP: options.hostIP, clock: options.clock };
    const pods = await takeInventory(parts, new Map());
    if (pods.size > 0) options.log.info({ pods: pods.size, running: runningIn(pods).length }, 'pods adopted');
    return new CriRuntime(options, parts, { name: runtimeName, version: runtimeVersion, features }, pods);
  } catch (error) {
    connection.close();
    throw new UserError(`the container runtime at ${options.socket} cannot be used: ${messageOf(error)}`);
  }
}

/** What its usual way of running pods can do. */
export function featuresOf({ runtimeHandlers, features }: Omit<RuntimeStatus, 'status'>): RuntimeFeatures {
  const usual = runtimeHandlers.find(({ name }) => name === '')?.features;
  const recursiveReadOnly = usual?.recursiveReadOnlyMounts ?? false;
  return {
    images: true,
    volumes: 'mounted',
    network: true,
    sharedPorts: false,
    recursiveReadOnly,
    ...(features ? { strictGroups: features.supplementalGroupsPolicy } : {}),
  };
}
