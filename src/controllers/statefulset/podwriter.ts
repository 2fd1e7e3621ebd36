import { isStatus, messageOf } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS, type Pod, type StatefulSet } from '../../model/index.ts';
import type { EventRecorder } from '../../status/index.ts';
import { ignoreNotFound, setOwners } from '../claims.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { claimsOf, ordinalOf } from './identity.ts';
import { ownersOfClaim } from './retention.ts';

/** A claim of the same name is on its way out: the pod would get the data of its predecessor, or none. */
export class ClaimLeavingError extends Error {}

export interface StatefulWriter {
  create(set: StatefulSet, pod: Pod): Promise<void>;
  remove(set: StatefulSet, pod: Pod): Promise<void>;
  /** Writes whose end is the end of the pod's claims. */
  bindClaims(set: StatefulSet, pod: Pod, isCondemned: boolean): Promise<void>;
}

/** Makes and removes members with their claims, and tells the set's events of it. */
export function statefulWriter(client: Client, events: EventRecorder): StatefulWriter {
  const claims = client.informer(PERSISTENT_VOLUME_CLAIMS);

  const tell = async (set: StatefulSet, verb: 'create' | 'delete', what: string, act: () => Promise<unknown>) => {
    const about = { kind: STATEFUL_SETS, object: set };
    const reason = verb === 'create' ? 'Create' : 'Delete';
    const where = `${verb} ${what} in StatefulSet ${set.metadata.name}`;
    const success = what.startsWith('Claim') ? 'success' : 'successful';
    try {
      await act();
      events.event(about, 'Normal', `Successful${reason}`, `${where} ${success}`);
    } catch (error) {
      if (!isNamespaceTerminating(error)) events.event(about, 'Warning', `Failed${reason}`, `${where} failed error: ${messageOf(error)}`);
      throw error;
    }
  };

  async function ensureClaims(set: StatefulSet, pod: Pod): Promise<void> {
    for (const wanted of claimsOf(set, ordinalOf(set, pod)!)) {
      const { name, namespace } = wanted.metadata;
      const present = claims.get(`${namespace}/${name}`);
      if (present?.metadata.deletionTimestamp) throw new ClaimLeavingError(`the claim ${name} is being deleted`);
      if (present) continue;
      await tell(set, 'create', `Claim ${name} Pod ${pod.metadata.name}`, async () => {
        await client.create(PERSISTENT_VOLUME_CLAIMS, wanted).catch((error: unknown) => {
          if (!isStatus(error, 'AlreadyExists')) throw error;
        });
      });
    }
  }

  return {
    create: async (set, pod) => {
      await ensureClaims(set, pod);
      await tell(set, 'create', `Pod ${pod.metadata.name}`, () => client.create(PODS, pod));
    },
    remove: (set, { metadata: { name, namespace, uid } }) =>
      tell(set, 'delete', `Pod ${name}`, () =>
        client.delete({ kind: PODS, name, namespace }, { preconditions: { uid } }).catch(ignoreNotFound),
      ),
    bindClaims: async (set, pod, isCondemned) => {
      for (const { metadata } of claimsOf(set, ordinalOf(set, pod)!)) {
        const claim = claims.get(`${metadata.namespace}/${metadata.name}`);
        const owners = claim && ownersOfClaim(set, pod, claim, isCondemned);
        if (owners) await setOwners(client, PERSISTENT_VOLUME_CLAIMS, claim, owners);
      }
    },
  };
}
