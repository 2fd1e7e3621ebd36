import type { Clock, Random } from '../../base/index.ts';
import type { Kind, KindRegistry, Manifest, Namespace } from '../../model/index.ts';
import type { Cause, Change, Entry, Expectation, Store } from '../../store/index.ts';
import type { Guard } from '../access/index.ts';
import type { Policies } from '../admission/index.ts';
import type { Authorize } from '../auth/index.ts';
import type { Caller, Found, WriteQuery } from '../api.ts';
import { sameIgnoringManagedFieldsTime } from '../patch/index.ts';
import { alreadyExists, conflict, MODIFIED } from '../refusals.ts';
import { expiryOf, isHeartbeat } from './expiry.ts';
import { keyOfPlace, stampRevision } from './place.ts';
import { present } from './present.ts';
import type { AddressRange, Pool } from './taken.ts';

/** What the verbs work with. */
export interface Verbs {
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly serviceRange: AddressRange;
  /** Whether pods get the token of their account as a volume unasked: only containers have a place for it. */
  readonly mountTokens?: boolean;
  /** Refuses roles and bindings that give more than their writer holds. */
  readonly guard?: Guard;
  /** What policies ask who may; without it, administrators may. */
  readonly authorize?: Authorize;
  /** What changes and judges requests by rules of the cluster's own; without it, nothing does. */
  readonly policies?: () => Policies;
}

/** Who writes, for what, and how it is told. */
export interface Writing {
  readonly query: WriteQuery;
  readonly caller: Caller;
  readonly verb: string;
}

/** What a write may give addresses and ports from. */
export function poolOf({ store, serviceRange, random }: Verbs, { dryRun = false }: WriteQuery): Pool {
  return { store, range: serviceRange, random, dryRun };
}

/** An object on its way out that nothing holds any more. */
export function isFinished(object: Manifest): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (!deletionTimestamp || finalizers?.length || deletionGracePeriodSeconds) return false;
  return !(object.kind === 'Namespace' && (object as unknown as Namespace).spec?.finalizers?.length);
}

/** Writes the next version; one that changes nothing keeps its revision, one that lets go of a deleted object ends it. */
export function putUpdate(verbs: Verbs, kind: Kind, live: Entry & Found, object: Manifest, writing: Writing): Found {
  if (sameIgnoringManagedFieldsTime(live.value, object)) return live;
  if (isFinished(object)) {
    if (!writing.query.dryRun) commit(verbs, [{ op: 'delete', key: live.key, expect: live.revision }], writing);
    return unstored(object, live.revision);
  }
  return put(verbs, kind, object, live.revision, writing);
}

export function put(verbs: Verbs, kind: Kind, object: Manifest, expect: Expectation, writing: Writing): Found {
  const key = keyOfPlace({ kind, namespace: object.metadata.namespace, name: object.metadata.name });
  if (writing.query.dryRun) {
    const current = verbs.store.get(key);
    if (expect === 'absent' && current) throw alreadyExists(kind, current.value as Manifest);
    return unstored(object, current?.revision);
  }
  const change: Change = {
    op: 'put',
    key,
    value: kind.stored ? kind.stored.write(object) : object,
    expect,
    expiresAt: expiryOf(kind, verbs.clock),
    isJson: writing.query.trusted,
    volatile: isHeartbeat(kind, () => verbs.store.get(key)?.value, object),
  };
  const result = commit(verbs, [change], writing);
  if (result.ok) return present(kind, result.entries[0]!);
  // What has the name may expire between the two looks.
  if (expect === 'absent') throw alreadyExists(kind, (verbs.store.get(key)?.value ?? object) as Manifest);
  throw conflict(kind, object.metadata.name, MODIFIED);
}

export function commit(verbs: Verbs, changes: readonly Change[], { query, caller, verb }: Writing) {
  const { manager, user, actor } = caller;
  const because = query.because ?? (actor === undefined ? undefined : `${actor} acts as ${user}`);
  const cause: Cause = { by: manager, user, verb, ...(because ? { because } : {}) };
  return verbs.store.commit(changes, cause);
}

/** An answer that was not written: a dry run, or the last sight of an object. */
export function unstored(object: Manifest, revision: number | undefined): Found {
  return revision === undefined ? new Unstored(0, object) : new Unstored(revision, stampRevision(object, revision) as Manifest);
}

class Unstored implements Found {
  readonly revision: number;
  readonly value: Manifest;

  constructor(revision: number, value: Manifest) {
    this.revision = revision;
    this.value = value;
  }

  get text(): string {
    return JSON.stringify(this.value);
  }
}
