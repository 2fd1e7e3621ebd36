import type { Pod, ResourceList } from '../../model/index.ts';
import { asGranted, isTerminal } from '../../status/index.ts';
import { isTakenOn } from './admission.ts';
import type { Resizing } from './resize.ts';
import type { PodView } from './view.ts';

export interface GrantsOptions {
  /** The pod of this node with this uid, as it is now. */
  readonly pod: (uid: string) => Pod | undefined;
  /** All pods of this node. */
  readonly pods: () => readonly Pod[];
  /** What was decided since its status was written. */
  readonly decided: (uid: string) => { readonly isTakenOn: boolean; readonly isGranted: boolean } | undefined;
  readonly allocatable: ResourceList;
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
    const { allocatable, pods, decided } = this.#options;
    const others = pods().flatMap((pod) => {
      if (pod.metadata.uid === metadata.uid || isTerminal(pod)) return [];
      const now = decided(pod.metadata.uid ?? '');
      if (!now?.isTakenOn && !isTakenOn(pod)) return [];
      return now?.isGranted ? [pod] : [asGranted(pod)];
    });
    return { allocatable, others };
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
