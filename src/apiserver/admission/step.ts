import { equalJson, type Random } from '../../base/index.ts';
import { resourceName, type Kind, type KindRef, type KindRegistry, type Manifest, type Pod } from '../../model/index.ts';
import type { Authorize } from '../auth/index.ts';
import type { Caller } from '../api.ts';

/** A write that is to be admitted. */
export interface AdmissionRequest {
  readonly kind: Kind;
  readonly object: Manifest;
  /** What an update replaces. */
  readonly old?: Manifest;
  readonly operation: 'create' | 'update';
  /** Through which door, where it is not the object's own. */
  readonly subresource?: string | undefined;
  readonly caller: Caller;
  readonly dryRun?: boolean;
}

export type Collection<T> = Pick<KindRef<T>, 'group' | 'plural' | 'example'>;

/** What a step may look at: everything as it is in this turn, so that nothing changes between the look and the write. */
export interface Surroundings {
  find<T>(collection: Collection<T>, name: string, namespace?: string): T | undefined;
  all<T>(collection: Collection<T>, namespace?: string): readonly T[];
  readonly kinds: Pick<KindRegistry, 'byKind' | 'byResource'>;
  /** Other kinds of the same objects: versions, and forms of one stored kind. */
  sameObjects(kind: Kind): readonly Kind[];
  /** Whether somebody may do something. */
  readonly authorize: Authorize;
  readonly random: Random;
  readonly now: number;
  /** Whether pods get the token of their account as a volume unasked. */
  readonly mountTokens: boolean;
}

/**
 * One step of admission. It is pure: it gives the object, changed or not, or throws its refusal. First every step may
 * change the object, then it is validated, then every step may judge it; judging gives warnings.
 */
export interface AdmissionStep {
  readonly name: string;
  /** The resources that it minds, as `deployments.apps`; all of them unless it says so. */
  readonly of?: readonly string[];
  /** It judges what policies and webhooks have let in. */
  readonly isLast?: true;
  mutate?(request: AdmissionRequest, around: Surroundings): Manifest;
  judge?(request: AdmissionRequest, around: Surroundings): readonly string[];
}

export function isOf(kind: KindRef, name: string): boolean {
  return resourceName(kind) === name;
}

/** The pod that is to be created; undefined for any other write, and for a pod without containers, which will be refused. */
export function newPod({ kind, operation, object }: AdmissionRequest): Pod | undefined {
  if (operation !== 'create' || !isOf(kind, 'pods')) return undefined;
  const pod = object as unknown as Pod;
  return (pod.spec as Pod['spec'] | undefined)?.containers ? pod : undefined;
}

const lastMade = new WeakMap<object, { readonly added: object; readonly spec: object }>();

/** What is added to a spec: the pods of a template come one after another, and go on sharing theirs. */
export function withSpec(object: Manifest, added: object): Manifest {
  const before = object['spec'] as object;
  let made = lastMade.get(before);
  if (!made || !equalJson(made.added, added)) lastMade.set(before, (made = { added, spec: { ...before, ...added } }));
  return { ...object, spec: made.spec };
}
