/** The verbs, generic over kinds: from a request to a commit, or to what the store holds. */
import type { Clock, Random } from '../../base/index.ts';
import type { KindRegistry } from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import type { Guard } from '../access/index.ts';
import { followPolicies } from '../admission/index.ts';
import type { Authorize } from '../auth/index.ts';
import type { Api, WriteQuery } from '../api.ts';
import { checkSubresource } from '../subresources.ts';
import { attendTo, followHooks, type CallWebhook } from '../webhooks/index.ts';
import { parseRange } from './addresses.ts';
import type { Verbs } from './commit.ts';
import { serveDefinitions } from './definitions.ts';
import { finalize } from './finalize.ts';
import { hearOthers } from './heard.ts';
import { getEntry, listPlace } from './read.ts';
import { deleteCollection, deleteObject } from './remove.ts';
import { getScale, patchScale, updateScale } from './scale.ts';
import { posted, postedTo } from './posted.ts';
import { watchServed } from './watch.ts';
import { createObject, patchObject, updateObject } from './write.ts';

export { storeOptions } from './storage.ts';
export { collectionOf, storeKey } from './place.ts';

export interface ApiOptions {
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
  /** Cluster addresses of Services: below 127.0.0.0/8 they are reachable on this machine without more ado. */
  readonly serviceCidr: string;
  /** Whether pods get the token of their account as a volume unasked. */
  readonly mountTokens?: boolean;
  /** Refuses roles and bindings that give more than their writer holds. */
  readonly guard?: Guard;
  readonly authorize?: Authorize;
  /** Asks webhooks; without it, none can be. */
  readonly callWebhook?: CallWebhook | undefined;
}

export function createApi(options: ApiOptions): Api {
  const { store, kinds, clock, random, callWebhook: call = async () => ({ failure: 'no webhook can be asked from here' }) } = options;
  const own = { ...options, serviceRange: parseRange(options.serviceCidr), policies: followPolicies(store) };
  serveDefinitions(own);
  const attend = attendTo({ hooks: followHooks(store), call, random, clock });
  /** A verb that is run anew finds the time and the chance of its first run. */
  const verbsFor = ({ hearing }: WriteQuery): Verbs => (hearing ? { ...own, random: hearing.random, clock: hearing.clock } : own);
  return {
    kinds,
    attend,
    get revision() {
      return store.revision;
    },
    get: (place) => {
      checkSubresource(place, 'get');
      return place.subresource === 'scale' ? getScale(own, place) : getEntry(store, place);
    },
    list: (place, query) => listPlace(store, place, query),
    watch: (place, query, see) => watchServed(own, place, query, see),
    create: (place, object, query, caller) => {
      checkSubresource(place, 'create');
      const verbs = verbsFor(query);
      const act = postedTo(place);
      return act ? posted(verbs, act, place, object, query, caller) : createObject(verbs, place, object, query, caller);
    },
    update: (place, object, query, caller) => {
      checkSubresource(place, 'update');
      const verbs = verbsFor(query);
      if (place.subresource === 'finalize') return finalize(verbs, place, object, query, caller);
      return place.subresource === 'scale'
        ? updateScale(verbs, place, object, query, caller)
        : updateObject(verbs, place, object, query, caller);
    },
    patch: (place, patch, query, caller) => {
      checkSubresource(place, 'patch');
      const verbs = verbsFor(query);
      return place.subresource === 'scale'
        ? patchScale(verbs, place, patch, query, caller)
        : patchObject(verbs, place, patch, query, caller);
    },
    delete: (place, query, caller) => deleteObject(verbsFor(query), place, query, caller),
    deleteCollection: (place, query, caller) => deleteCollection(verbsFor(query), place, query, caller),
    connect: (place, object, query, caller) => void hearOthers(verbsFor(query), place, { operation: 'CONNECT', object }, query, caller),
    assertWritable: () => store.assertWritable(),
    durable: (revision) => store.durable(revision),
  };
}
