import { messageOf, type Clock } from '../../base/index.ts';
import type { Container, Pod, ResourceList } from '../../model/index.ts';
import { resolveContainer, type SourceKey, type Sources } from '../environment/resolve.ts';
import type { Runtime, Sandbox } from '../runtime.ts';
import { layVolumes } from '../volumes/lay.ts';
import type { StartFailure } from './view.ts';

/** A start that failed for a reason of the machine is tried again after this. */
const RETRY_START_MS = 10_000;

export interface StartParts {
  readonly runtime: Runtime;
  readonly sources: Sources;
  readonly clock: Clock;
  readonly hostIP: string;
  readonly allocatable: ResourceList;
}

export type Started =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly failure: StartFailure; readonly waitsFor?: SourceKey };

/** Puts together what the container needs, and starts it. What is missing is waited for, however long. */
export async function startContainer(
  parts: StartParts,
  pod: Pod,
  container: Container,
  attempt: number,
  sandbox: Sandbox,
  signal: AbortSignal,
): Promise<Started> {
  const { runtime, sources, clock, hostIP, allocatable } = parts;
  const ref = { podUid: sandbox.podUid, name: container.name, attempt };
  try {
    const facts = { podIP: sandbox.ip, hostIP, allocatable };
    const resolved = resolveContainer(pod, container, facts, runtime.variables(ref, sandbox), sources);
    if (!resolved.ok) return waiting('CreateContainerConfigError', resolved);
    const laid = sandbox.volumes ? await layVolumes(pod, container, sandbox.volumes, sources) : ({ ok: true, mounts: [] } as const);
    if (!laid.ok) return waiting('ContainerCreating', laid);
    const { env, command, args } = resolved;
    const { image = '', workingDir } = container;
    const spec = { ...ref, image, command, args, env, mounts: laid.mounts, ...(workingDir ? { workingDir } : {}) };
    return { ok: true, id: await runtime.start(spec, signal) };
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, failure: { reason: 'RunContainerError', message: messageOf(error), retryAt: clock.now() + RETRY_START_MS } };
  }
}

function waiting(reason: string, { message, waitsFor }: { readonly message: string; readonly waitsFor?: SourceKey }): Started {
  return { ok: false, failure: { reason, message, retryAt: Infinity }, ...(waitsFor ? { waitsFor } : {}) };
}
