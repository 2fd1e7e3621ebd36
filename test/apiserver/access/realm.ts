import { createApi, ensureBootstrapPolicy, localClient, openGate, storeOptions } from '../../../src/apiserver/index.ts';
import { impersonationOf, newSigningKey, staticTokens } from '../../../src/apiserver/auth/index.ts';
import { Audit } from '../../../src/apiserver/http/audit.ts';
import { serve } from '../../../src/apiserver/http/serve.ts';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import { BUILT_IN_KINDS, KindRegistry, NAMESPACES } from '../../../src/model/index.ts';
import { memoryStore, type LogEntry } from '../../../src/store/index.ts';
import { fakeBackend } from '../http/fake.ts';

/** Each token is the name of its user. */
const USERS = `
root,root,,system:masters
jane,jane,1001,"dev,ops"
bob,bob,1002
`;

const key = newSigningKey();

export const rbac = (path: string) => `/apis/rbac.authorization.k8s.io/v1${path}`;

/** A cluster with its first roles, and people who ask it over HTTP, without a socket. */
export async function realm() {
  const clock = new ManualClock();
  const random = seededRandom(1);
  const store = memoryStore({ now: () => clock.now(), ...storeOptions() });
  const gate = openGate({ store, clock, random, signingKey: key, tokens: staticTokens(USERS, 'users') });
  const kinds = new KindRegistry(BUILT_IN_KINDS);
  const api = createApi({ store, kinds, clock, random, serviceCidr: '127.96.0.0/16', guard: gate.guard });
  const client = localClient({ api, store, reviews: gate.reviews, manager: 'inside', trusted: true });
  for (const name of ['default', 'kube-system', 'a', 'b']) {
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  await ensureBootstrapPolicy(client);
  const audited: LogEntry[] = [];
  const { backend } = fakeBackend({ ...gate, api, clock, audit: new Audit((entry) => audited.push(entry), clock) });

  /** As who brings this token: `realm.ask('jane', 'GET /api/v1/pods')`. */
  async function ask(token: string | undefined, request: string, body?: object, headers: Record<string, string | string[]> = {}) {
    const [method, url] = request.split(' ') as [string, string];
    const [path, query] = url.split('?') as [string, string?];
    const raw = Object.entries(headers).flatMap(([name, values]) => [values].flat().flatMap((value) => [name, value]));
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await serve(backend, {
      method,
      path,
      query: new URLSearchParams(query),
      search: query === undefined ? '' : `?${query}`,
      headers: { 'content-type': type, 'user-agent': 'tester/1', ...headers } as Record<string, string>,
      address: '192.0.2.7',
      credentials: token === undefined ? {} : { authorization: `Bearer ${token}` },
      impersonation: impersonationOf(raw),
      body: () => Promise.resolve(Buffer.from(body ? JSON.stringify(body) : '')),
    });
    if (answer.body.kind === 'live') throw new Error('the answer is live');
    const text = answer.body.kind === 'text' ? answer.body.text : [...answer.body.pieces].join('');
    return { code: answer.code, value: answer.type.startsWith('text/') ? text : JSON.parse(text) };
  }

  /** Binds somebody in a namespace, or everywhere. */
  async function bind(role: string, user: string, namespace?: string) {
    const kind = namespace ? 'RoleBinding' : 'ClusterRoleBinding';
    const { code, value } = await ask(
      'root',
      `POST ${rbac(namespace ? `/namespaces/${namespace}/rolebindings` : '/clusterrolebindings')}`,
      {
        metadata: { name: `${user}-${role}` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }],
      },
    );
    if (code !== 201) throw new Error(`${kind}: ${value.message}`);
  }

  /** Gives somebody these rules everywhere. */
  async function grant(user: string, ...rules: readonly object[]) {
    await ask('root', `POST ${rbac('/clusterroles')}`, { metadata: { name: `of-${user}` }, rules });
    await bind(`of-${user}`, user);
  }

  return { clock, store, client, gate, audited, ask, bind, grant };
}
