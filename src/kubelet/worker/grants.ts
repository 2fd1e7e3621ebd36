import type { Pod, PodSpec, ResourceList } from '../../model/index.ts';
import { asGranted, isTerminal } from '../../status/index.ts';
import { isTakenOn } from './admission.ts';
import type { Refusal } from './resize.ts';
import type { PodView } from './view.ts';

export interface GrantsOptions {
  /** The pod of this node with this uid, as it is now. */
  readonly pod: (uid: string) => Pod | undefined;
  /** All pods of this node. */
  readonly pods: () => readonly Pod[];
  /** What was granted to it; undefined: nothing in this daemon's life. */
  readonly granted: (uid: string) => PodSpec | undefined;
  readonly allocatable: ResourceList;
}

const NOBODY: readonly string[] = [];
const CLASSES = ['BestEffort', 'Burstable', 'Guaranteed'];
const classOf = ({ status }: Pod) => CLASSES.indexOf(status?.qosClass ?? '');

/** What the node has promised to its pods, and who waits for more. */
export class Grants {
  readonly #options: GrantsOptions;
  readonly #deferred = new Set<string>();

  constructor(options: GrantsOptions) {
    this.#options = options;
  }

  readonly share: PodView['share'] = ({ metadata }) => {
    const { allocatable, pods, granted } = this.#options;
    const others = pods().flatMap((pod) => {
      if (pod.metadata.uid === metadata.uid || isTerminal(pod)) return [];
      const spec = granted(pod.metadata.uid ?? '');
      if (spec) return [{ ...pod, spec }];
      return isTakenOn(pod) ? [asGranted(pod)] : [];
    });
    return { allocatable, others };
  };

  note(uid: string, refusal: Refusal | undefined): void {
    if (refusal?.reason === 'Deferred') this.#deferred.add(uid);
    else this.#deferred.delete(uid);
  }

  /** Whom a change of this pod may help: first those of higher priority, then of a better class, then those that wait longer. */
  deferredBy(changed: string): readonly string[] {
    if (this.#deferred.size === 0) return NOBODY;
    const waiting = [...this.#deferred].filter((uid) => uid !== changed).flatMap((uid) => this.#options.pod(uid) ?? []);
    const ranked = waiting.toSorted((a, b) => (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || classOf(b) - classOf(a));
    return ranked.map(({ metadata }) => metadata.uid ?? '');
  }

  forget(uid: string): void {
    this.#deferred.delete(uid);
  }
}
