import type { Clock, Millis } from '../../base/index.ts';

/** Who somebody is. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  /** Who really asks, where somebody asks in another's name. */
  readonly actor?: string;
}

/** What of a client certificate says who its owner is. */
export interface ClientCertificate {
  readonly subject: { readonly CN?: string | string[]; readonly O?: string | string[] };
  /** SHA-256 of the whole, in hexadecimal. */
  readonly fingerprint: string;
  readonly until: Millis;
}

/** What a request brings to show who sent it. */
export interface Credentials {
  /** Untrusted: the authority has not signed it for a client. */
  readonly certificate?: ClientCertificate | 'untrusted';
  /** The `Authorization` header. */
  readonly authorization?: string;
}

/** Undefined: this way of showing who one is was not used, or does not convince. */
export type Authenticate = (credentials: Credentials) => Identity | undefined | Promise<Identity | undefined>;

export const AUTHENTICATED = 'system:authenticated';
export const UNAUTHENTICATED = 'system:unauthenticated';

/** Who shows nothing. */
export const ANONYMOUS: Identity = { user: 'system:anonymous', groups: [UNAUTHENTICATED] };

/** What names the credential in the extras of an identity, so that its use can be followed. */
export const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

/** The last CN is the user, as Go reads it; each O is a group. A connection may outlive its certificate, so the time is looked at each time. */
export function byCertificate(clock: Clock): Authenticate {
  return ({ certificate }) => {
    if (!certificate || certificate === 'untrusted') return undefined;
    const { subject, fingerprint, until } = certificate;
    const user = [subject.CN ?? []].flat().at(-1);
    if (!user || clock.now() > until) return undefined;
    return {
      user,
      groups: [...[subject.O ?? []].flat(), AUTHENTICATED],
      extra: { [CREDENTIAL_ID]: [`X509SHA256=${fingerprint}`] },
    };
  };
}

const BEARER = /^Bearer +(\S+) *$/i;

/** The token of an `Authorization: Bearer` header. */
export const bearerToken = ({ authorization = '' }: Credentials): string | undefined => BEARER.exec(authorization)?.[1];

/** The first that knows the sender. */
export function firstOf(...ways: readonly Authenticate[]): Authenticate {
  return async (credentials) => {
    for (const way of ways) {
      const identity = await way(credentials);
      if (identity) return identity;
    }
    return undefined;
  };
}

/** Who shows nothing is anonymous; who shows something that does not convince is nobody. */
export function orAnonymous(authenticate: Authenticate): Authenticate {
  return async (credentials) => {
    const shown = credentials.certificate !== undefined || bearerToken(credentials) !== undefined;
    return (await authenticate(credentials)) ?? (shown ? undefined : ANONYMOUS);
  };
}
