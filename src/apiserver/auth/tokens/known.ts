import { bearerToken, type Authenticate, type Identity } from '../authenticate.ts';
import { ISSUER } from './claims.ts';

/** Whose token it is, and for which of the audiences that were asked for it is good. */
export interface Holder {
  readonly identity: Identity;
  readonly audiences: readonly string[];
}

/** Undefined: this token is unknown, has ended, or is for somebody else. */
export type KnowsToken = (token: string, audiences: readonly string[]) => Promise<Holder | undefined>;

/** What the API server takes a token for. */
export const API_AUDIENCES: readonly string[] = [ISSUER];

export function byBearer(knows: KnowsToken): Authenticate {
  return async (credentials) => {
    const token = bearerToken(credentials);
    return token === undefined ? undefined : (await knows(token, API_AUDIENCES))?.identity;
  };
}

export function knownToAny(...ways: readonly KnowsToken[]): KnowsToken {
  return async (token, audiences) => {
    for (const knows of ways) {
      const holder = await knows(token, audiences);
      if (holder) return holder;
    }
    return undefined;
  };
}

export const common = (some: readonly string[], others: readonly string[]) => some.filter((one) => others.includes(one));
