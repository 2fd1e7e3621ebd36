import { equalJson, isStatus } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import {
  CONTROLLER_REVISIONS,
  isControlledBy,
  selectorFrom,
  type ControllerRevision,
  type KindRef,
  type KubeObject,
  type LabelSelector,
} from '../../model/index.ts';
import { claim, decideClaims, ignoreNotFound } from '../claims.ts';
import { indexControlled } from '../indexes.ts';
import { decideHistory, type History, type RevisionWish } from './decide.ts';

export interface Kept extends History {
  /** With the one of the present template. */
  readonly revisions: readonly ControllerRevision[];
}

export interface Historian {
  /** Writes what is missing. A name that another template has taken is a collision. */
  keep(wish: RevisionWish, selector: LabelSelector): Promise<Kept | 'collision'>;
  remove(revisions: readonly ControllerRevision[]): Promise<void>;
}

export function historian(client: Client, kind: KindRef<KubeObject>): Historian {
  const by = indexControlled(client.informer(CONTROLLER_REVISIONS));
  return {
    keep: async (wish, selector) => {
      const { owner } = wish;
      const candidates = [...by.of(owner.metadata.uid!), ...by.orphans(owner.metadata.namespace!)];
      const claims = decideClaims(owner, selectorFrom(selector) ?? [], candidates);
      const revisions = await claim({ client, kind, owner }, CONTROLLER_REVISIONS, claims);
      const history = decideHistory(wish, revisions);
      switch (history.write) {
        case 'nothing':
          return { ...history, revisions };
        case 'renumber': {
          const update = await client.update(CONTROLLER_REVISIONS, history.update);
          return { ...history, update, revisions: revisions.map((each) => (each.metadata.name === update.metadata.name ? update : each)) };
        }
        case 'create': {
          const update = await create(client, owner, history.update);
          return update ? { ...history, update, revisions: [...revisions, update] } : 'collision';
        }
      }
    },
    remove: async (surplus) => {
      for (const { metadata } of surplus) {
        const { name, namespace, uid } = metadata;
        await client.delete({ kind: CONTROLLER_REVISIONS, name, namespace }, { preconditions: { uid } }).catch(ignoreNotFound);
      }
    },
  };
}

/** The one that is there, if it says the same. */
async function create(client: Client, owner: KubeObject, wanted: ControllerRevision): Promise<ControllerRevision | undefined> {
  try {
    return await client.create(CONTROLLER_REVISIONS, wanted);
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error;
    const there = await client.get(CONTROLLER_REVISIONS, wanted.metadata.name, wanted.metadata.namespace);
    return equalJson(there.data, wanted.data) && isControlledBy(there, owner) ? there : undefined;
  }
}
