import type { Clock, Random } from '../base/index.ts';
import type { KindRef } from '../model/index.ts';
import type { Store } from '../store/index.ts';
import { authorizeBy, followPolicies, guardGrants, guardSigners, type Guard } from './access/index.ts';
import type { Reviews } from './api.ts';
import {
  accountTokens,
  byBearer,
  byCertificate,
  firstOf,
  knownToAny,
  newSigningKey,
  openIdDocuments,
  orAnonymous,
  type Authenticate,
  type Authorize,
  type Find,
  type KnowsToken,
  type OpenIdDocuments,
  type SigningKey,
} from './auth/index.ts';
import { openReviews } from './reviews/index.ts';
import { storeKey } from './verbs/index.ts';

export interface GateOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Signs the tokens of service accounts. Without one, they last as long as this process. */
  readonly signingKey?: SigningKey;
  /** Tokens that were given out otherwise. */
  readonly tokens?: KnowsToken;
}

/** Who asks and whether they may, over the objects of one store. */
export interface Gate {
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  readonly guard: Guard;
  readonly reviews: Reviews;
  readonly openId: OpenIdDocuments;
  close(): void;
}

export function openGate({ store, clock, random, signingKey: key = newSigningKey(), tokens }: GateOptions): Gate {
  const find: Find = <T>(kind: Pick<KindRef<T>, 'group' | 'plural'>, name: string, namespace?: string) =>
    store.get(storeKey(kind, namespace ? `${namespace}/${name}` : name))?.value as T | undefined;
  const policies = followPolicies(store);
  const authorize = authorizeBy(policies);
  const accounts = accountTokens({ key, clock, find });
  const knows = tokens ? knownToAny(tokens, accounts) : accounts;
  const guards = [guardGrants(policies, authorize), guardSigners(authorize)];
  return {
    authenticate: orAnonymous(firstOf(byCertificate(clock), byBearer(knows))),
    authorize,
    guard: (request) => guards.forEach((guard) => guard(request)),
    reviews: openReviews({ policies, authorize, knows, issue: { key, clock, random, find } }),
    openId: openIdDocuments(key),
    close: () => policies.close(),
  };
}
