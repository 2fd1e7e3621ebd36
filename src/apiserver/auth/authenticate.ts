/** Who somebody is. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  /** Who really asks, where somebody asks in another's name. */
  readonly actor?: string;
}

/** What a request brings to show who sent it. */
export interface Credentials {
  /** The subject of a client certificate that the authority has signed and that is valid now. */
  readonly certificate?: { readonly CN?: string | string[]; readonly O?: string | string[] };
  /** The `Authorization` header. */
  readonly authorization?: string;
}

/** Undefined: this way of showing who one is was not used, or does not convince. */
export type Authenticate = (credentials: Credentials) => Identity | undefined | Promise<Identity | undefined>;

export const AUTHENTICATED = 'system:authenticated';

/** CN is the user, each O a group. */
export const byCertificate = ({ certificate }: Credentials): Identity | undefined => {
  const [user] = [certificate?.CN ?? []].flat();
  if (!user) return undefined;
  return { user, groups: [...[certificate?.O ?? []].flat(), AUTHENTICATED] };
};

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
