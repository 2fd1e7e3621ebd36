import type { Millis } from '../../../base/index.ts';
import { AUTHENTICATED, CREDENTIAL_ID, type Identity } from '../authenticate.ts';

/** Who signs service account tokens, and the audience that the API server itself answers to. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

export interface Reference {
  readonly name: string;
  readonly uid: string;
}

/** What a service account token says. Times are in seconds. */
export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly nbf: number;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: Reference;
    readonly pod?: Reference;
    readonly secret?: Reference;
    readonly node?: Reference;
  };
}

export interface Grantee {
  readonly namespace: string;
  readonly account: Reference;
  /** The token ends with these objects. */
  readonly bound: { readonly pod?: Reference; readonly secret?: Reference; readonly node?: Reference };
  readonly audiences: readonly string[];
  readonly seconds: number;
}

export function claimsFor({ namespace, account, bound, audiences, seconds }: Grantee, id: string, now: Millis): Claims {
  const issued = Math.floor(now / 1000);
  return {
    aud: audiences,
    exp: issued + seconds,
    iat: issued,
    iss: ISSUER,
    jti: id,
    'kubernetes.io': { namespace, serviceaccount: account, ...bound },
    nbf: issued,
    sub: accountUser(namespace, account.name),
  };
}

const ACCOUNT_USER = /^system:serviceaccount:([^:]+):([^:]+)$/;

export const accountUser = (namespace: string, name: string) => `system:serviceaccount:${namespace}:${name}`;

/** Undefined: the user is no service account. */
export function accountOf(user: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = ACCOUNT_USER.exec(user) ?? [];
  return namespace && name ? { namespace, name } : undefined;
}

export const accountGroups = (namespace: string): readonly string[] => ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];

export function identityOf({ jti, 'kubernetes.io': { namespace, serviceaccount, pod, node } }: Claims): Identity {
  const about = (what: string, reference: Reference | undefined) =>
    reference
      ? { [`authentication.kubernetes.io/${what}-name`]: [reference.name], [`authentication.kubernetes.io/${what}-uid`]: [reference.uid] }
      : {};
  return {
    user: accountUser(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    groups: [...accountGroups(namespace), AUTHENTICATED],
    extra: { [CREDENTIAL_ID]: [`JTI=${jti}`], ...about('node', node), ...about('pod', pod) },
  };
}
