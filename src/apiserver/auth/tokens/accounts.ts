import { createHash } from 'node:crypto';
import { isRecord, type Clock, type Millis } from '../../../base/index.ts';
import { NODES, parseTime, PODS, SECRETS, SERVICE_ACCOUNTS, type KindRef, type KubeObject } from '../../../model/index.ts';
import { identityOf, ISSUER, type Claims, type Reference } from './claims.ts';
import { ALGORITHM, type SigningKey } from './key.ts';
import { common, type KnowsToken } from './known.ts';

/** An object as it is now. */
export type Find = <T>(kind: Pick<KindRef<T>, 'group' | 'plural' | 'example'>, name: string, namespace?: string) => T | undefined;

/** The library that signs is loaded when the first token is asked for or shown. */
const jose = () => import('jose');

export async function signToken(claims: Claims, { id, secret }: SigningKey): Promise<string> {
  const { SignJWT } = await jose();
  return new SignJWT({ ...claims, aud: [...claims.aud] }).setProtectedHeader({ alg: ALGORITHM, kid: id }).sign(secret);
}

interface AccountTokenOptions {
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly find: Find;
}

/** A token that is used all day is verified once: so many are remembered. */
const MOST_REMEMBERED = 1024;

/** Service account tokens of this cluster: good while they last, and while all that they are bound to is there. */
export function accountTokens({ key, clock, find }: AccountTokenOptions): KnowsToken {
  const verified = new Map<string, Claims>();
  const claimsOf = async (token: string) => {
    const mark = createHash('sha256').update(token).digest('base64');
    const known = verified.get(mark) ?? (await verify(token, key, clock.now()));
    if (!known) return undefined;
    verified.delete(mark);
    verified.set(mark, known);
    if (verified.size > MOST_REMEMBERED) verified.delete(verified.keys().next().value!);
    return known;
  };
  return async (token, audiences) => {
    const claims = await claimsOf(token);
    if (!claims || !isInForce(claims, clock.now()) || !isBacked(claims, find, clock.now())) return undefined;
    const meant = common(audiences, claims.aud);
    return meant.length > 0 ? { identity: identityOf(claims), audiences: meant } : undefined;
  };
}

async function verify(token: string, { public: key }: SigningKey, now: Millis): Promise<Claims | undefined> {
  if (token.split('.').length !== 3) return undefined;
  const { jwtVerify, errors } = await jose();
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: [ALGORITHM], issuer: ISSUER, currentDate: new Date(now) });
    return isRecord(payload['kubernetes.io']) ? (payload as unknown as Claims) : undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

const isInForce = ({ nbf, exp }: Claims, now: Millis) => nbf * 1000 <= now && now < exp * 1000;

/** So long after its deletion began, an object's tokens still hold: who runs in it has work to finish. */
const LAST_BREATH: Millis = 60_000;

function isBacked({ 'kubernetes.io': { namespace, serviceaccount, pod, secret, node } }: Claims, find: Find, now: Millis): boolean {
  const isThere = (kind: Pick<KindRef<KubeObject>, 'group' | 'plural'>, wanted: Reference | undefined, within?: string) => {
    if (!wanted) return true;
    const found = find<KubeObject>(kind, wanted.name, within);
    if (found?.metadata.uid !== wanted.uid) return false;
    const { deletionTimestamp } = found.metadata;
    return !deletionTimestamp || now < parseTime(deletionTimestamp)! + LAST_BREATH;
  };
  return (
    isThere(SERVICE_ACCOUNTS, serviceaccount, namespace) &&
    isThere(PODS, pod, namespace) &&
    isThere(SECRETS, secret, namespace) &&
    // A pod's token outlives the node's name in it: only one bound to nothing but a node ends with the node.
    (pod !== undefined || isThere(NODES, node))
  );
}
