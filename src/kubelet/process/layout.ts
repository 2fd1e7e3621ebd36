import { join } from 'node:path';
import { part } from '../podfiles/part.ts';
import type { ContainerRef } from '../runtime.ts';

/**
 * Where things lie: `pods/UID/CONTAINER/ATTEMPT/` is one attempt, its log lies beside it. Container names are DNS
 * labels, so what has a dot in its name is ours.
 */
export class Layout {
  readonly pods: string;

  constructor(directory: string) {
    this.pods = join(directory, 'pods');
  }

  pod(podUid: string): string {
    return join(this.pods, part(podUid));
  }

  podFile(podUid: string): string {
    return join(this.pod(podUid), 'pod.json');
  }

  volumes(podUid: string): string {
    return join(this.pod(podUid), '.volumes');
  }

  /** Where the processes begin that the containers of a pod share. */
  shared(podUid: string): string {
    return join(this.pod(podUid), '.shared');
  }

  attempt(ref: ContainerRef): AttemptPaths {
    const container = join(this.pod(ref.podUid), part(ref.name));
    const directory = join(container, String(ref.attempt));
    return {
      directory,
      root: join(directory, 'root'),
      alive: join(directory, 'alive'),
      pid: join(directory, 'pid'),
      exit: join(directory, 'exit'),
      settings: join(directory, 'settings'),
      message: join(directory, 'message'),
      cgroups: join(directory, 'cgroups'),
      oom: join(directory, 'oom'),
      input: join(directory, 'input'),
      once: join(directory, 'once'),
      log: `${directory}.log`,
      aside: `${directory}.log.1`,
      times: `${directory}.times`,
    };
  }
}

export interface AttemptPaths {
  readonly directory: string;
  /** What the container sees as `$SLIPWAY_ROOT`, and works in. */
  readonly root: string;
  readonly alive: string;
  readonly pid: string;
  readonly exit: string;
  readonly settings: string;
  /** What the container leaves as its last word. */
  readonly message: string;
  readonly cgroups: string;
  /** A note that it was ended because it took more memory than it may. */
  readonly oom: string;
  /** A FIFO, for a container that has an input. */
  readonly input: string;
  /** A note that the input ends with its first writer. */
  readonly once: string;
  readonly log: string;
  /** What the log was before it became too long. */
  readonly aside: string;
  readonly times: string;
}

export function idOf(ref: ContainerRef): string {
  return `${ref.podUid}/${ref.name}/${ref.attempt}`;
}
