import type { Millis } from '../../base/index.ts';
import { LOST, type ContainerRef, type RunState, type RuntimeContainer, type Sandbox } from '../runtime.ts';
import { rememberedOf, type Remembered } from './containerconfig.ts';
import type { Layout } from './layout.ts';
import type { ContainerStatus, PodSandboxConfig } from './messages.ts';
import { stateOf } from './state.ts';

/** A pod as it is known here: what the runtime said of it last. */
export interface HeldPod {
  readonly sandbox: Sandbox;
  readonly config: PodSandboxConfig;
  /** The sandbox in which containers start, and those before it. */
  readonly sandboxIds: readonly [current: string, ...before: string[]];
  readonly broken: boolean;
  readonly containers: ReadonlyMap<string, HeldContainer>;
}

/** One attempt of a container, started by this daemon or by an earlier one. */
export class HeldContainer {
  readonly id: string;
  readonly ref: ContainerRef;
  readonly remembered: Remembered;
  readonly end: Promise<void>;
  readonly #image: { readonly name: string; readonly id: string };
  readonly #ended: () => void;
  #state: RunState;

  constructor(status: ContainerStatus, podUid: string, layout: Layout) {
    this.id = status.id;
    this.ref = { podUid, ...status.metadata };
    this.remembered = rememberedOf(status.annotations);
    this.#image = { name: status.image?.image ?? '', id: status.imageRef };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.end = promise;
    this.#ended = resolve;
    this.#state = stateOf(status, this.ref, this.remembered, layout);
    if (this.finished) resolve();
  }

  get finished(): boolean {
    return this.#state.kind === 'exited';
  }

  get view(): RuntimeContainer {
    const { image: asked } = this.remembered;
    return { ...this.ref, id: this.id, state: this.#state, ...(asked === undefined ? {} : { asked }), image: this.#image };
  }

  /** True when it has ended by that. */
  take(state: RunState): boolean {
    if (this.finished || state.kind === 'running') return false;
    this.#state = state;
    this.#ended();
    return true;
  }
}

export function runningIn(pods: ReadonlyMap<string, HeldPod>): readonly HeldContainer[] {
  return [...pods.values()].flatMap(({ containers }) => [...containers.values()]).filter(({ finished }) => !finished);
}

export function endsIn({ containers }: HeldPod): number {
  return [...containers.values()].filter(({ finished }) => finished).length;
}

/** Of a container that the runtime does not know any more. */
export function lostState({ view }: HeldContainer, now: Millis) {
  return { kind: 'exited', startedAt: view.state.startedAt, finishedAt: now, ...LOST } as const;
}
