import { join } from 'node:path';
import type { ContainerRef } from '../runtime.ts';

/** A name that is used as a part of a path. */
const SAFE = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

function part(name: string): string {
  if (!SAFE.test(name)) throw new Error(`${JSON.stringify(name)} cannot be the name of a directory`);
  return name;
}

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

  attempt(ref: ContainerRef): AttemptPaths {
    const container = join(this.pod(ref.podUid), part(ref.name));
    const directory = join(container, String(ref.attempt));
    return {
      directory,
      root: join(directory, 'root'),
      alive: join(directory, 'alive'),
      pid: join(directory, 'pid'),
      exit: join(directory, 'exit'),
      log: `${directory}.log`,
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
  readonly log: string;
  readonly times: string;
}

export function idOf(ref: ContainerRef): string {
  return `${ref.podUid}/${ref.name}/${ref.attempt}`;
}
