import { join } from 'node:path';
import { part } from '../podfiles/part.ts';
import type { ContainerRef } from '../runtime.ts';

/** What of a pod lies on the machine, beside what the runtime itself keeps: `containers/UID/`. */
export class Layout {
  readonly pods: string;

  constructor(directory: string) {
    this.pods = join(directory, 'containers');
  }

  pod(podUid: string): PodPaths {
    const directory = join(this.pods, part(podUid));
    return {
      directory,
      config: join(directory, 'sandbox.json'),
      hosts: join(directory, 'hosts'),
      logs: join(directory, 'logs'),
      volumes: join(directory, 'volumes'),
      words: join(directory, 'words'),
    };
  }

  /** What the container leaves as its last word. */
  lastWord({ podUid, name, attempt }: ContainerRef): string {
    return join(this.pod(podUid).words, `${part(name)}.${attempt}`);
  }

  log(ref: ContainerRef): string {
    return join(this.pod(ref.podUid).logs, logPath(ref));
  }
}

export interface PodPaths {
  readonly directory: string;
  /** What the sandbox was made from: each of its containers is made with it. */
  readonly config: string;
  /** What its containers find as /etc/hosts. */
  readonly hosts: string;
  readonly logs: string;
  readonly volumes: string;
  readonly words: string;
}

/** Below the directory of the pod's logs, as a kubelet names it. */
export function logPath({ name, attempt }: Pick<ContainerRef, 'name' | 'attempt'>): string {
  return `${part(name)}/${attempt}.log`;
}
