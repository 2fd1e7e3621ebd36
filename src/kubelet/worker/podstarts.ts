import { messageOf } from '../../base/index.ts';
import type { Container, Pod } from '../../model/index.ts';
import { ImagePuller, type ImagePullerOptions } from '../images/puller.ts';
import type { Runtime, Sandbox } from '../runtime.ts';
import { nextWait } from './backoff.ts';
import type { Action } from './decide.ts';
import { having, lacking, without, type PodMemory } from './memory.ts';
import type { PodHooks } from './podhooks.ts';
import type { PodVolumes } from './podvolumes.ts';
import { NO_RESOURCES, sizeIn } from './resize.ts';
import { sandboxSpecOf, type SandboxParts } from './sandboxspec.ts';
import { startContainer, startingOf, type Started, type StartParts } from './starting.ts';
import type { Tell } from './telling.ts';
import { containerOf } from './view.ts';

export interface PodStartsOptions extends StartParts {
  readonly sandbox: SandboxParts;
  readonly hooks: PodHooks;
  readonly volumes: PodVolumes;
  readonly tell: Tell;
  readonly touch: (uid: string) => void;
  /** An image of this pod has come, or will not come now. */
  readonly pulled: (uid: string) => void;
}

function imagesOf(runtime: Runtime): ImagePullerOptions['images'] | undefined {
  if (runtime.imagesFor) return ({ metadata }, container) => runtime.imagesFor!(metadata.annotations ?? NO_ANNOTATIONS, container);
  const { images } = runtime;
  return images && (() => images);
}

const NO_ANNOTATIONS = {};

type StartAction = Extract<Action, { do: 'start' }>;
type Failed = Extract<Started, { ok: false }>;

/** Gives a pod what it runs in, and starts its containers. */
export class PodStarts {
  readonly #options: PodStartsOptions;
  readonly #puller: ImagePuller | undefined;

  constructor(options: PodStartsOptions) {
    const { runtime, clock, sources, tell, pulled } = options;
    this.#options = options;
    const images = imagesOf(runtime);
    this.#puller = images && new ImagePuller({ images, clock, secret: sources.secret, tell, done: pulled });
  }

  close(): void {
    this.#puller?.close();
  }

  /** The pod is gone. */
  forget(uid: string): void {
    this.#puller?.forget(uid);
  }

  async ensureSandbox(pod: Pod, signal: AbortSignal): Promise<void> {
    const { runtime, sandbox, tell } = this.#options;
    try {
      await runtime.ensureSandbox(sandboxSpecOf(pod, sandbox), signal);
    } catch (error) {
      if (!signal.aborted) tell(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`);
      throw error;
    }
  }

  async layVolumes(pod: Pod, memory: PodMemory): Promise<void> {
    const problem = await this.#options.volumes.lay(pod, memory);
    if (problem !== undefined) this.#options.tell(pod, 'Warning', 'FailedMount', problem);
  }

  /** Where a start takes its time, the pod is touched when it is over: meanwhile the worker has other pods to see to. */
  async start(pod: Pod, action: StartAction, sandbox: Sandbox, memory: PodMemory, signal: AbortSignal): Promise<void> {
    const { container: name, attempt } = action;
    const { runtime, touch } = this.#options;
    const asked = containerOf(pod, name);
    if (!asked) return;
    const { resources } = action;
    const container = resources ? { ...asked, resources } : asked;
    const image = (await this.#puller?.ensure(pod, container, attempt)) ?? 'ready';
    if (image !== 'ready') {
      if (image === 'pulling') memory.pulling = new Set(memory.pulling).add(name);
      else memory.failures = having(memory.failures, name, image);
      return;
    }
    const started = this.#startContainer(pod, container, action, sandbox, memory, signal);
    if (startingOf(runtime, pod) !== 'late') return started;
    memory.starting = new Set(memory.starting).add(name);
    const over = () => {
      memory.starting = lacking(memory.starting, name);
      touch(sandbox.podUid);
    };
    started.then(over, over);
  }

  async #startContainer(
    pod: Pod,
    container: Container,
    { attempt, backoff }: StartAction,
    sandbox: Sandbox,
    memory: PodMemory,
    signal: AbortSignal,
  ): Promise<void> {
    const { runtime, volumes, tell } = this.#options;
    const { name } = container;
    const started = await startContainer(this.#options, pod, container, attempt, sandbox, memory.places, signal);
    if (!started.ok) {
      if (started.waitsFor) volumes.use(sandbox.podUid, [started.waitsFor]);
      return this.#noteFailure(pod, name, started.failure, memory);
    }
    memory.failures = without(memory.failures, name);
    const size = container.resources ?? NO_RESOURCES;
    // Another may have been granted while it was started.
    if (size !== sizeIn(memory.granted ?? pod.spec, name)) memory.sizes = having(memory.sizes, started.id, size);
    if (backoff) memory.backoffs = having(memory.backoffs, name, backoff);
    tell(pod, 'Normal', 'Created', 'Container created', name);
    const [now] = await runtime.list(sandbox.podUid);
    const state = now?.containers.find(({ id }) => id === started.id)?.state;
    if (state?.kind === 'exited' && state.reason === 'StartError') {
      tell(pod, 'Warning', 'Failed', `Error: ${state.message ?? ''}`, name);
    } else {
      tell(pod, 'Normal', 'Started', 'Container started', name);
    }
    if (state?.kind === 'running' && container.lifecycle?.postStart) void this.#postStart(pod, container, started.id, memory);
  }

  /** The first time its status tells of it. It is tried again ever more rarely, or when what it lacks has come. */
  #noteFailure(pod: Pod, name: string, { reason, message }: Failed['failure'], memory: PodMemory): void {
    const { clock, tell } = this.#options;
    const before = memory.failures.get(name);
    const isKnown = before?.reason === reason && before.message === message;
    const waitMs = nextWait(isKnown ? before.waitMs : undefined);
    memory.failures = having(memory.failures, name, { reason, message, waitMs, retryAt: clock.now() + waitMs });
    if (isKnown) tell(pod, 'Warning', 'Failed', `Error: ${message}`, name);
  }

  /** It is not awaited here: until it has done, the container counts as not started. */
  async #postStart(pod: Pod, container: Container, id: string, memory: PodMemory): Promise<void> {
    const { hooks, touch } = this.#options;
    memory.hooks = having(memory.hooks, id, 'running');
    const done = await hooks.postStart(pod, container, id);
    memory.hooks = done ? without(memory.hooks, id) : having(memory.hooks, id, 'failed');
    if (!hooks.closed) touch(pod.metadata.uid ?? '');
  }
}
