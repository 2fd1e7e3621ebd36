import { equalJson } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import { asGranted } from '../../status/index.ts';
import { describeLack, lacksOf, nanosOf, takenBy } from './nodeshare.ts';
import { isRunning, restarts, sizeOf, wantedSize, type Observed } from './observe.ts';
import type { PodView, Seen } from './view.ts';

/** How it stands with a pod whose spec asks for other resources than its containers have. */
export type Resizing =
  | { readonly is: 'granted' }
  | {
      readonly is: 'pending';
      /** Deferred: others have what it asks for. Infeasible: the node does not have it at all. */
      readonly reason: 'Deferred' | 'Infeasible';
      readonly message: string;
    };

const GRANTED: Resizing = { is: 'granted' };

/** Undefined where each container has what it is to have. What the node has granted once it does not take back. */
export function resizingOf(view: PodView, seen: Observed): Resizing | undefined {
  if (isAsMade(view.pod)) return undefined;
  const awaits = (each: Seen) => awaitsResize(each, view);
  if (!seen.mains.some(awaits) && !seen.inits.some(awaits)) return undefined;
  return refusalOf(view) ?? GRANTED;
}

/** Nobody has changed its spec yet: true of nearly every pod. */
export function isAsMade({ metadata }: Pod): boolean {
  return metadata.generation === 1;
}

/** Its spec asks for something else than it has, and it is one of those that go on. */
export function awaitsResize(seen: Seen, view: PodView): boolean {
  if (seen.role === 'init' || !(isRunning(seen) || restarts(seen, view))) return false;
  return !equalJson(sizeOf(seen), wantedSize(seen));
}

/** Whether what the container gets more or less of takes a new start. */
export function mustRestart(seen: Seen): boolean {
  const [has, wanted] = [sizeOf(seen), wantedSize(seen)];
  const changes = (resource: string) =>
    has.requests?.[resource] !== wanted.requests?.[resource] || has.limits?.[resource] !== wanted.limits?.[resource];
  return (seen.spec.resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer' && changes(resourceName),
  );
}

const RESIZABLE = ['cpu', 'memory'] as const;

/** Only what the pod takes more of than before is asked of the node. */
function refusalOf({ pod, share }: PodView): Resizing | undefined {
  const [wanted, had] = [takenBy(pod), takenBy(asGranted(pod))];
  const growing = RESIZABLE.filter((resource) => nanosOf(wanted, resource) > nanosOf(had, resource));
  if (growing.length === 0) return undefined;
  const lacks = lacksOf(wanted, growing, share(pod));
  const never = lacks.find(({ requested, capacity }) => requested > capacity);
  if (never) {
    const { resource, requested, capacity } = never;
    return pending('Infeasible', `Node didn't have enough capacity: ${resource}, requested: ${requested}, capacity: ${capacity}`);
  }
  return lacks[0] && pending('Deferred', describeLack(lacks[0]));
}

function pending(reason: 'Deferred' | 'Infeasible', message: string): Resizing {
  return { is: 'pending', reason, message };
}
