import { StatusError } from '../../base/index.ts';
import { ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, type Identity } from './authenticate.ts';
import { demand, type Attributes, type Authorize } from './authorize.ts';
import { accountGroups, accountOf } from './tokens/claims.ts';

/** In whose name a request wants to be made. */
export interface Impersonation {
  readonly user?: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const PREFIX = 'impersonate-';
const EXTRA = 'impersonate-extra-';

/** From headers as they came, name and value in turn: a name may come more than once, and a group may hold a comma. */
export function impersonationOf(rawHeaders: readonly string[]): Impersonation | undefined {
  const asked = rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 && name.toLowerCase().startsWith(PREFIX) ? [[name.toLowerCase(), rawHeaders[at + 1] ?? '']] : [],
  );
  if (asked.length === 0) return undefined;
  const valuesOf = (wanted: string) => asked.filter(([name]) => name === wanted).map(([, value]) => value);
  const extras = asked
    .filter(([name]) => name.startsWith(EXTRA))
    .map(([name, value]) => [decoded(name.slice(EXTRA.length)), value] as const);
  const extra = Object.fromEntries([...Map.groupBy(extras, ([key]) => key)].map(([key, pairs]) => [key, pairs.map(([, value]) => value)]));
  const [user] = valuesOf('impersonate-user');
  const [uid] = valuesOf('impersonate-uid');
  return { ...(user ? { user } : {}), ...(uid ? { uid } : {}), groups: valuesOf('impersonate-group'), extra };
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** The identity that is acted under, once every part of it is allowed to the one who really asks. */
export function impersonate(who: Identity, wanted: Impersonation, authorize: Authorize): Identity {
  const { user, uid, extra } = wanted;
  if (!user) throw new StatusError('BadRequest', 'requested groups, uid or extra without impersonating a user');
  for (const attributes of partsOf({ ...wanted, user })) demand(authorize, who, attributes);
  return { user, groups: groupsOf(user, wanted.groups), ...(uid ? { uid } : {}), extra, actor: who.user };
}

function partsOf({ user, uid, groups, extra }: Impersonation & { readonly user: string }): readonly Attributes[] {
  const account = accountOf(user);
  const verb = 'impersonate';
  const own = 'authentication.k8s.io';
  return [
    account ? { verb, group: '', resource: 'serviceaccounts', ...account } : { verb, group: '', resource: 'users', name: user },
    ...groups.map((name) => ({ verb, group: '', resource: 'groups', name })),
    ...Object.entries(extra).flatMap(([subresource, values]) =>
      values.map((name) => ({ verb, group: own, resource: 'userextras', subresource, name })),
    ),
    ...(uid ? [{ verb, group: own, resource: 'uids', name: uid }] : []),
  ];
}

/** Who is impersonated has been authenticated as far as anybody knows, and a service account has the groups of one. */
function groupsOf(user: string, asked: readonly string[]): readonly string[] {
  const account = accountOf(user);
  const groups = account && asked.length === 0 ? accountGroups(account.namespace) : asked;
  if (groups.includes(UNAUTHENTICATED)) return groups;
  const everybody = user === ANONYMOUS.user ? UNAUTHENTICATED : AUTHENTICATED;
  return groups.includes(everybody) ? groups : [...groups, everybody];
}
