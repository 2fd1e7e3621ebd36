import { StatusError } from '../../base/index.ts';
import type { TokenReview, UserInfo } from '../../model/index.ts';
import { API_AUDIENCES, type Identity, type KnowsToken } from '../auth/index.ts';

/** Who somebody is, as reviews tell it. */
export function userInfo({ user, uid, groups, extra }: Identity): UserInfo {
  return { username: user, ...(uid ? { uid } : {}), groups, ...(extra && Object.keys(extra).length > 0 ? { extra } : {}) };
}

/** Whose token it is. */
export async function reviewToken({ spec = {} }: TokenReview, knows: KnowsToken): Promise<TokenReview['status']> {
  const { token, audiences } = spec;
  if (!token) throw new StatusError('BadRequest', 'token is required for TokenReview in authentication');
  const holder = await knows(token, audiences?.length ? audiences : API_AUDIENCES);
  if (!holder) return { user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user: userInfo(holder.identity), audiences: holder.audiences };
}
