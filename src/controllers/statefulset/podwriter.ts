import { isStatus, messageOf } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  STATEFUL_SETS,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
} from '../../model/index.ts';
import type { EventRecorder } from '../../status/index.ts';
import { ignoreNotFound, setOwners } from '../claims.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { claimsOf, isLabelled, labelsOf, ordinalOf } from './identity.ts';
import { isContested, isForegone, ownersOfClaim } from './retention.ts';

/** A claim of the same name is on its way out: the pod would get the data of its predecessor, or none. */
export class ClaimLeavingError extends Error {}

export interface StatefulWriter {
  /** With its claims; not while one of them is still to go with an earlier pod of the name. */
  create(set: StatefulSet, pod: Pod): Promise<void>;
  remove(set: StatefulSet, pod: Pod): Promise<void>;
  /** Gives a member its labels and the claims that it waits for, where somebody took them. */
  mend(set: StatefulSet, pod: Pod): Promise<void>;
  /** Writes whose end is the end of the pod's claims. */
  bindClaims(set: StatefulSet, pod: Pod, isCondemned: boolean): Promise<void>;
}

/** Makes and removes members with their claims, and tells the set's events of it. */
export function statefulWriter(client: Client, events: EventRecorder): StatefulWriter {
  const claims = client.informer(PERSISTENT_VOLUME_CLAIMS);

  const claimOf = (wanted: PersistentVolumeClaim) => claims.get(`${wanted.metadata.namespace}/${wanted.metadata.name}`);

  async function tell(set: StatefulSet, verb: 'create' | 'update' | 'delete', what: string, act: () => Promise<unknown>): Promise<void> {
    const about = { kind: STATEFUL_SETS, object: set };
    const reason = `${verb[0]!.toUpperCase()}${verb.slice(1)}`;
    const where = `${verb} ${what} in StatefulSet ${set.metadata.name}`;
    const success = what.startsWith('Claim') ? 'success' : 'successful';
    try {
      await act();
      events.event(about, 'Normal', `Successful${reason}`, `${where} ${success}`);
    } catch (error) {
      if (!isNamespaceTerminating(error)) events.event(about, 'Warning', `Failed${reason}`, `${where} failed error: ${messageOf(error)}`);
      throw error;
    }
  }

  async function ensureClaims(set: StatefulSet, pod: Pod): Promise<void> {
    for (const wanted of claimsOf(set, ordinalOf(set, pod)!)) {
      const { name } = wanted.metadata;
      const present = claimOf(wanted);
      if (present?.metadata.deletionTimestamp) throw new ClaimLeavingError(`pvc ${name} is being deleted`);
      if (!present) await tell(set, 'create', `Claim ${name} Pod ${pod.metadata.name}`, () => createClaim(wanted));
    }
  }

  async function createClaim(wanted: PersistentVolumeClaim): Promise<void> {
    try {
      await client.create(PERSISTENT_VOLUME_CLAIMS, wanted);
    } catch (error) {
      if (isStatus(error, 'AlreadyExists')) return;
      if (isNamespaceTerminating(error)) throw error;
      throw new Error(`failed to create PVC ${wanted.metadata.name}: ${messageOf(error)}`, { cause: error });
    }
  }

  return {
    create: async (set, pod) => {
      const found = claimsOf(set, ordinalOf(set, pod)!).map(claimOf);
      if (found.some((claim) => claim && isForegone(set, pod, claim))) return;
      await tell(set, 'create', `Pod ${pod.metadata.name}`, async () => {
        await ensureClaims(set, pod);
        await client.create(PODS, pod);
      });
    },
    remove: (set, { metadata: { name, namespace, uid } }) =>
      tell(set, 'delete', `Pod ${name}`, () =>
        client.delete({ kind: PODS, name, namespace }, { preconditions: { uid } }).catch(ignoreNotFound),
      ),
    mend: async (set, pod) => {
      const { name, namespace, uid } = pod.metadata;
      if (pod.status?.phase === 'Pending') await ensureClaims(set, pod);
      if (isLabelled(pod)) return;
      const patch = { metadata: { uid, labels: labelsOf(set, ordinalOf(set, pod)!) } };
      await tell(set, 'update', `Pod ${name}`, () =>
        client.patch({ kind: PODS, name, namespace }, { type: 'merge', patch }).catch(ignoreNotFound),
      );
    },
    bindClaims: async (set, pod, isCondemned) => {
      for (const wanted of claimsOf(set, ordinalOf(set, pod)!)) {
        const claim = claimOf(wanted);
        if (!claim) continue;
        const owners = ownersOfClaim(set, pod, claim, isCondemned);
        if (owners) await setOwners(client, PERSISTENT_VOLUME_CLAIMS, claim, owners);
        if (!isContested(set, pod, claim) || !(owners || pod.status?.phase === 'Pending')) continue;
        const conflict = `PersistentVolumeClaim ${claim.metadata.name} has a conflicting OwnerReference that acts as a managing controller`;
        const message = `${conflict}, the retention policy is ignored for this claim`;
        events.event({ kind: STATEFUL_SETS, object: set }, 'Warning', 'ConflictingController', message);
      }
    },
  };
}
