import { messageOf, type Clock } from '../../base/index.ts';
import { milliUnits, wholeUnits, type Container, type EphemeralContainer, type Pod, type ResourceList } from '../../model/index.ts';
import { resolveContainer } from '../environment/resolve.ts';
import type { SourceKey, Sources } from '../environment/sources.ts';
import { StartRefusedError, type ContainerSpec, type Limits, type Runtime, type Sandbox } from '../runtime.ts';
import { securityOf } from '../security.ts';
import type { Place } from '../volumes/lay.ts';
import { readEnvFiles } from '../volumes/envfiles.ts';
import { mountsOf } from '../volumes/mounts.ts';
import { oomScoreOf } from './oomscore.ts';
import { unsaid } from './refusal.ts';
import type { StartFailure } from './view.ts';

export interface StartParts {
  readonly runtime: Runtime;
  readonly sources: Sources;
  readonly clock: Clock;
  readonly hostIP: string;
  readonly allocatable: ResourceList;
  /** Of the machine. */
  readonly capacity: ResourceList;
}

const NO_ANNOTATIONS = {};

export function startingOf({ features }: Runtime, { metadata }: Pod): 'atOnce' | 'soon' | 'late' {
  return features.starts?.(metadata.annotations ?? NO_ANNOTATIONS) ?? 'soon';
}

export type Started =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly failure: Pick<StartFailure, 'reason' | 'message'>; readonly waitsFor?: SourceKey };

/** Puts together what the container needs, and starts it. */
export async function startContainer(
  parts: StartParts,
  pod: Pod,
  container: Container,
  attempt: number,
  sandbox: Sandbox,
  places: ReadonlyMap<string, Place>,
  signal: AbortSignal,
): Promise<Started> {
  const { runtime, sources, hostIP, allocatable, capacity } = parts;
  const ref = { podUid: sandbox.podUid, name: container.name, attempt };
  try {
    const message = unsaid(container, runtime.features, runtime.name);
    if (message !== undefined) return waiting('CreateContainerConfigError', { message });
    const facts = { podIP: sandbox.ip, hostIP, allocatable };
    const files = sandbox.volumes === undefined ? undefined : await readEnvFiles(container, places);
    const resolved = resolveContainer(pod, container, facts, runtime.variables(ref, sandbox), sources, files);
    if (!resolved.ok) return waiting('CreateContainerConfigError', resolved);
    const { command, args } = resolved;
    const mounted = sandbox.volumes
      ? await mountsOf(container, places, resolved.env, runtime.features)
      : ({ ok: true, mounts: [] } as const);
    if (!mounted.ok) return waiting('CreateContainerConfigError', mounted);
    const { image = '', workingDir, stdin, stdinOnce, tty, lifecycle } = container;
    const security = securityOf(pod, container);
    const { targetContainerName } = container as EphemeralContainer;
    const target = targetContainerName && (await runningId(runtime, sandbox, targetContainerName));
    const spec: ContainerSpec = {
      ...ref,
      image,
      command,
      args,
      get env() {
        return resolved.env;
      },
      mounts: mounted.mounts,
      get limits() {
        return limitsOf(container, pod);
      },
      get oomScore() {
        return oomScoreOf(pod, container, wholeUnits(capacity['memory']));
      },
      lastWord: {
        path: container.terminationMessagePath ?? '/dev/termination-log',
        orLog: container.terminationMessagePolicy === 'FallbackToLogsOnError',
      },
      ...(workingDir ? { workingDir } : undefined),
      ...(stdin ? { stdin } : undefined),
      ...(stdinOnce ? { stdinOnce } : undefined),
      ...(tty ? { tty } : undefined),
      ...(lifecycle?.stopSignal ? { stopSignal: lifecycle.stopSignal } : undefined),
      ...(security ? { security } : undefined),
      ...(target ? { target } : undefined),
    };
    return { ok: true, id: await runtime.start(spec, signal) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StartRefusedError) return waiting(error.reason, error);
    return { ok: false, failure: { reason: 'RunContainerError', message: messageOf(error) } };
  }
}

async function runningId(runtime: Runtime, { podUid }: Sandbox, name: string): Promise<string> {
  const [pod] = await runtime.list(podUid);
  const running = pod?.containers.find((each) => each.name === name && each.state.kind === 'running');
  if (!running) throw new Error(`its target container ${name} is not running`);
  return running.id;
}

/** Who says nothing of a limit may take as much as its pod as a whole. */
export function limitsOf({ resources }: Container, { spec }: Pod): Limits {
  const { limits, requests } = resources ?? {};
  const shared = spec.resources?.limits;
  const [memory, cpu] = [limits?.['memory'] ?? shared?.['memory'], limits?.['cpu'] ?? shared?.['cpu']];
  const cpuRequest = requests?.['cpu'] ?? cpu;
  return {
    ...(memory ? { memoryBytes: wholeUnits(memory) } : {}),
    ...(cpu ? { cpuMillis: milliUnits(cpu) } : {}),
    ...(cpuRequest ? { cpuRequestMillis: milliUnits(cpuRequest) } : {}),
  };
}

function waiting(reason: string, { message, waitsFor }: { readonly message: string; readonly waitsFor?: SourceKey }): Started {
  return { ok: false, failure: { reason, message }, ...(waitsFor ? { waitsFor } : {}) };
}
