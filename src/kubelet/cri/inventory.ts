import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Clock, Millis } from '../../base/index.ts';
import { memoryPlace } from '../podfiles/memoryplace.ts';
import type { Sandbox } from '../runtime.ts';
import { CriError, type Connection } from './connection.ts';
import { HeldContainer, type HeldPod } from './held.ts';
import type { Layout } from './layout.ts';
import type { CriContainer, PodSandbox, PodSandboxConfig } from './messages.ts';
import { LABELS } from './sandboxconfig.ts';

export interface InventoryParts {
  readonly connection: Connection;
  readonly layout: Layout;
  /** Whose pods are meant. */
  readonly owner: string;
  /** The address of pods that use the machine's network. */
  readonly hostIP: string;
  readonly clock: Clock;
}

/** All that the runtime has of this owner's pods, in the order in which they were made. What is known already is not asked for again. */
export async function takeInventory(parts: InventoryParts, known: ReadonlyMap<string, HeldPod>): Promise<ReadonlyMap<string, HeldPod>> {
  const { runtime } = parts.connection;
  const filter = { labelSelector: { [LABELS.owner]: parts.owner } };
  const [{ items }, { containers }] = await Promise.all([runtime.listPodSandbox({ filter }), runtime.listContainers({ filter })]);
  const byPod = Map.groupBy(
    items.toSorted((a, b) => a.createdAt - b.createdAt),
    ({ metadata }) => metadata.uid,
  );
  const pods = await Promise.all(
    [...byPod].map(async ([podUid, sandboxes]) => {
      const ids = new Set(sandboxes.map(({ id }) => id));
      const own = containers.filter(({ podSandboxId }) => ids.has(podSandboxId)).toSorted((a, b) => a.createdAt - b.createdAt);
      const pod = await podOf(parts, sandboxes, own, known.get(podUid));
      return pod && ([podUid, pod] as const);
    }),
  );
  return new Map(pods.filter((pod) => pod !== undefined));
}

async function podOf(
  parts: InventoryParts,
  sandboxes: readonly PodSandbox[],
  containers: readonly CriContainer[],
  known: HeldPod | undefined,
): Promise<HeldPod | undefined> {
  const [newest, ...before] = sandboxes.toSorted((a, b) => b.metadata.attempt - a.metadata.attempt) as [PodSandbox, ...PodSandbox[]];
  const config = known?.config ?? readConfig(parts.layout, newest.metadata.uid);
  if (!config) return undefined;
  const sandbox = known && known.sandboxIds[0] === newest.id ? known.sandbox : await sandboxOf(parts, newest.id, config);
  const held = await Promise.all(containers.map((container) => holdListed(parts, container, newest.metadata.uid, known)));
  return {
    sandbox,
    config,
    sandboxIds: [newest.id, ...before.map(({ id }) => id)],
    broken: newest.state !== 'SANDBOX_READY',
    containers: new Map(held.filter((each) => each !== undefined).map((each) => [each.id, each])),
  };
}

async function holdListed(
  parts: InventoryParts,
  { id, state }: CriContainer,
  podUid: string,
  known: HeldPod | undefined,
): Promise<HeldContainer | undefined> {
  const { connection, layout } = parts;
  const held = known?.containers.get(id);
  if (held && (held.finished || state === 'CONTAINER_RUNNING')) return held;
  if (state === 'CONTAINER_CREATED' && (known || !(await isStarted(parts, id)))) return undefined;
  try {
    const { status } = await connection.runtime.containerStatus({ id });
    const found = new HeldContainer(status, podUid, layout);
    if (!held) return found;
    held.take(found.view.state);
    return held;
  } catch (error) {
    if (error instanceof CriError && error.code === 'NotFound') return undefined;
    throw error;
  }
}

/** The start that a daemon asked for may outlive it by this much. */
const START_MS: Millis = 2000;
const LONGEST_START_MS: Millis = 30_000;

/**
 * A container that was made and never started is of no attempt: it goes, and its attempt can be made again. A daemon that
 * was killed may have asked for its start just before, so it is given the time for that.
 */
async function isStarted({ connection: { runtime }, clock }: InventoryParts, id: string): Promise<boolean> {
  const began = clock.now();
  for (let delay = 10; ; delay = Math.min(delay * 2, 200)) {
    try {
      const { status } = await runtime.containerStatus({ id });
      if (status.state !== 'CONTAINER_CREATED') return true;
      if (clock.now() - began >= START_MS) {
        await runtime.removeContainer({ id });
        return false;
      }
    } catch (error) {
      if (error instanceof CriError && error.code === 'NotFound') return false;
      // What is still being started is not removed.
      if (clock.now() - began > LONGEST_START_MS) throw error;
    }
    await clock.sleep(delay);
  }
}

/** The sandbox as the port has it, once it has its address. */
export async function sandboxOf({ connection, layout, hostIP }: InventoryParts, id: string, config: PodSandboxConfig): Promise<Sandbox> {
  const { uid, namespace, name } = config.metadata;
  const { status } = await connection.runtime.podSandboxStatus({ id });
  const usesHost = config.linux.securityContext.namespaceOptions.network === 'NODE';
  const memoryVolumes = memoryPlace(uid);
  return {
    podUid: uid,
    namespace,
    name,
    ip: usesHost ? hostIP : (status.network?.ip ?? ''),
    volumes: layout.pod(uid).volumes,
    ...(memoryVolumes ? { memoryVolumes, boundsMemory: process.getuid?.() === 0 } : {}),
  };
}

export function writeConfig(layout: Layout, config: PodSandboxConfig): void {
  const paths = layout.pod(config.metadata.uid);
  for (const directory of [paths.logs, paths.words]) mkdirSync(directory, { recursive: true });
  writeFileSync(paths.config, `${JSON.stringify(config)}\n`, { mode: 0o600 });
}

function readConfig(layout: Layout, podUid: string): PodSandboxConfig | undefined {
  try {
    return JSON.parse(readFileSync(layout.pod(podUid).config, 'utf8')) as PodSandboxConfig;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
