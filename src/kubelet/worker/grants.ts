import type { Pod, ResourceList } from '../../model/index.ts';
import { asGranted, isTerminal } from '../../status/index.ts';
import type { Resizing } from './resize.ts';
import type { PodView } from './view.ts';

export interface GrantsOptions {
  readonly allocatable: ResourceList;
  /** The pod of this node with this uid, as it is now. */
  readonly pod: (uid: string) => Pod | undefined;
  /** All pods of this node. */
  readonly pods: () => readonly Pod[];
  /** Since its status was written. */
  readonly isGranted: (uid: string) => boolean;
}

const NOBODY: readonly string[] = [];

/** What the node has promised to its pods, and who waits for more. */
export class Grants {
  readonly #options: GrantsOptions;
  readonly #deferred = new Set<string>();

  constructor(options: GrantsOptions) {
    this.#options = options;
  }

  readonly share: PodView['share'] = ({ metadata }) => {
    const { allocatable, pods, isGranted } = this.#options;
    const others = pods().filter((pod) => pod.metadata.uid !== metadata.uid && !isTerminal(pod));
    return { allocatable, others: others.map((pod) => (isGranted(pod.metadata.uid ?? '') ? pod : asGranted(pod))) };
  };

  /** To be called in the same turn as the decision: what one pod is granted no other can be. Says whether this one is. */
  note(uid: string, resizing: Resizing | undefined): boolean {
    if (resizing?.is === 'pending' && resizing.reason === 'Deferred') this.#deferred.add(uid);
    else this.#deferred.delete(uid);
    return resizing?.is === 'granted';
  }

  /** Whom a change of this pod may help. Those of the highest priority ask first, then those that wait longest. */
  deferredBy(changed: string): readonly string[] {
    if (this.#deferred.size === 0) return NOBODY;
    const priorityOf = (uid: string) => this.#options.pod(uid)?.spec.priority ?? 0;
    return [...this.#deferred].filter((uid) => uid !== changed).toSorted((a, b) => priorityOf(b) - priorityOf(a));
  }

  forget(uid: string): void {
    this.#deferred.delete(uid);
  }
}
