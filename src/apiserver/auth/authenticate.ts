/** Who somebody is. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** What a request brings to show who sent it. */
export interface Credentials {
  /** The subject of a client certificate that the authority has signed and that is valid now. */
  readonly certificate?: { readonly CN?: string | string[]; readonly O?: string | string[] };
  /** The `Authorization` header. */
  readonly authorization?: string;
}

/** Undefined: this way of showing who one is was not used, or does not convince. */
export type Authenticate = (credentials: Credentials) => Identity | undefined;

export const AUTHENTICATED = 'system:authenticated';

/** CN is the user, each O a group. */
export const byCertificate: Authenticate = ({ certificate }) => {
  const [user] = [certificate?.CN ?? []].flat();
  if (!user) return undefined;
  return { user, groups: [...[certificate?.O ?? []].flat(), AUTHENTICATED] };
};

/** The first that knows the sender. */
export function firstOf(...ways: readonly Authenticate[]): Authenticate {
  return (credentials) => {
    for (const way of ways) {
      const identity = way(credentials);
      if (identity) return identity;
    }
    return undefined;
  };
}
