import { ManualClock, StatusError, seededRandom, silentLog } from '../../../src/base/index.ts';
import { KindRegistry, apiVersionOf, type Kind, type Manifest } from '../../../src/model/index.ts';
import type { Api, Found, Place, Seen, WriteQuery } from '../../../src/apiserver/api.ts';
import { byCertificate, mastersOnly, orAnonymous, type ClientCertificate } from '../../../src/apiserver/auth/index.ts';
import type { Backend } from '../../../src/apiserver/http/backend.ts';
import type { Asked, Outlet, Written } from '../../../src/apiserver/http/message.ts';
import { EventLines } from '../../../src/apiserver/http/lines.ts';
import { BodyMemory, Load } from '../../../src/apiserver/http/load.ts';
import { RequestCounts } from '../../../src/apiserver/http/metrics.ts';
import { Audit } from '../../../src/apiserver/http/audit.ts';
import { OpenApi } from '../../../src/apiserver/http/openapi.ts';
import { serve } from '../../../src/apiserver/http/serve.ts';

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export function fakeKind(kind: string, more: Partial<Kind> = {}): Kind {
  return {
    group: '',
    version: 'v1',
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    namespaced: true,
    shortNames: [],
    categories: [],
    subresources: [],
    verbs: ALL_VERBS,
    columns: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Size', type: 'integer', priority: 1 },
    ],
    row: (object: Manifest) => [object.metadata.name, Object.keys((object['data'] as object) ?? {}).length],
    selectable: {},
    schema: { definition: `core.v1.${kind}` },
    ...more,
  } as unknown as Kind;
}

export const CONFIG_MAP = fakeKind('ConfigMap', { shortNames: ['cm'] });
export const POD = fakeKind('Pod', {
  shortNames: ['po'],
  categories: ['all'],
  subresources: ['attach', 'binding', 'ephemeralcontainers', 'eviction', 'exec', 'log', 'portforward', 'proxy', 'resize', 'status'],
});
export const NAMESPACE = fakeKind('Namespace', {
  namespaced: false,
  shortNames: ['ns'],
  subresources: ['finalize', 'status'],
  verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
});
export const DEPLOYMENT = fakeKind('Deployment', {
  group: 'apps',
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: ['scale', 'status'],
});
export const WIDGET = fakeKind('Widget', { group: 'example.dev', schema: { custom: () => ({ type: 'object' }) } });

/** The verbs over a plain Map: what is asked of them is noted, and what is on disk is told by the test. */
export class FakeApi implements Api {
  readonly kinds = new KindRegistry([CONFIG_MAP, NAMESPACE, POD, DEPLOYMENT, WIDGET]);
  readonly objects = new Map<string, Found>();
  readonly calls: { verb: string; place: Place; query?: unknown; body?: unknown; manager?: string }[] = [];
  readonly watchers = new Set<(seen: Seen) => void>();
  revision = 10;
  warnings: string[] = [];
  /** Revisions beyond this are not on disk yet. */
  onDisk = Infinity;
  #waiting: { revision: number; resolve: () => void }[] = [];

  readonly attend: Api['attend'] = (act) => act(undefined);

  connect(): void {}

  assertWritable(): void {}

  durable(revision: number): Promise<void> {
    if (revision <= this.onDisk) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ revision, resolve }));
  }

  reachDisk(revision: number): void {
    this.onDisk = revision;
    for (const { revision: wanted, resolve } of this.#waiting) if (wanted <= revision) resolve();
  }

  put(kind: Kind, object: Record<string, unknown> & { metadata: object }): Found {
    const revision = ++this.revision;
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    const value = { kind: kind.kind, apiVersion: apiVersionOf(kind), ...object, metadata } as unknown as Manifest;
    const found = { revision, value, text: JSON.stringify(value) };
    const key = keyOf({ kind, namespace: value.metadata.namespace, name: value.metadata.name });
    const type = this.objects.has(key) ? 'MODIFIED' : 'ADDED';
    this.objects.set(key, found);
    this.tell({ type, found });
    return found;
  }

  tell(seen: Seen): void {
    for (const see of this.watchers) see(seen);
  }

  get(place: Place): Found {
    this.calls.push({ verb: 'get', place });
    const found = this.objects.get(keyOf(place));
    if (!found) throw new StatusError('NotFound', `${place.kind.plural} ${JSON.stringify(place.name)} not found`, { name: place.name });
    return found;
  }

  list(place: Place, query: object) {
    this.calls.push({ verb: 'list', place, query });
    const items = [...this.objects.values()].filter(({ value }) => value.kind === place.kind.kind);
    return { revision: this.revision, items };
  }

  watch(place: Place, query: object, see: (seen: Seen) => void) {
    this.calls.push({ verb: 'watch', place, query });
    this.watchers.add(see);
    return { close: () => this.watchers.delete(see) };
  }

  create = (place: Place, object: Manifest, query: WriteQuery, caller: { manager: string }) =>
    this.#write('create', place, object, query, caller, 201);
  update = (place: Place, object: Manifest, query: WriteQuery, caller: { manager: string }) =>
    this.#write('update', place, object, query, caller, 200);

  patch(place: Place, patch: unknown, query: WriteQuery, caller: { manager: string }) {
    return this.#write('patch', place, patch as Manifest, query, caller, 200);
  }

  delete(place: Place, query: object) {
    const found = this.get(place);
    this.calls.push({ verb: 'delete', place, query });
    this.objects.delete(keyOf(place));
    return { code: 200 as const, found, gone: !found.value.metadata.finalizers, warnings: this.warnings };
  }

  deleteCollection(place: Place, query: object) {
    const list = this.list(place, {});
    this.calls.push({ verb: 'deletecollection', place, query });
    return list;
  }

  #write(verb: string, place: Place, body: Manifest, query: object, caller: { manager: string }, code: 200 | 201) {
    this.calls.push({ verb, place, query, body, manager: caller.manager });
    const found = verb === 'patch' ? this.objects.get(keyOf(place))! : this.put(place.kind, body as never);
    return { found, code, warnings: this.warnings };
  }
}

const keyOf = ({ kind, namespace, name }: Place) => `${kind.plural}/${namespace ?? ''}/${name}`;

export function fakeBackend(more: Partial<Backend> = {}) {
  const api = new FakeApi();
  const version = { major: '1', minor: '36', gitVersion: 'v1.36.0-slipway' };
  const clock = new ManualClock();
  const backend: Backend = {
    api,
    version,
    clock,
    nodes: () => undefined,
    authenticate: orAnonymous(byCertificate(clock)),
    authorize: mastersOnly,
    reviews: () => undefined,
    measure: () => undefined,
    openId: {},
    audit: new Audit(() => {}, clock),
    counts: new RequestCounts(),
    lines: new EventLines(),
    load: new Load(),
    bodies: new BodyMemory(),
    openApi: new OpenApi({ api, version }),
    random: seededRandom(1),
    log: silentLog,
    ...more,
  };
  return { api, clock, backend };
}

export const ADMIN = { CN: 'admin', O: 'system:masters' };

/** Asks as an administrator would, without a socket. */
export async function ask(
  backend: Backend,
  request: string,
  options: { body?: unknown; headers?: Asked['headers']; certificate?: ClientCertificate['subject'] | null } = {},
) {
  const [method, url] = request.split(' ') as [string, string];
  const [path, query] = url.split('?') as [string, string?];
  const { body, headers = {}, certificate = ADMIN } = options;
  const bytes = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await serve(backend, {
    method,
    path,
    query: new URLSearchParams(query),
    search: query === undefined ? '' : `?${query}`,
    headers,
    address: '192.0.2.7',
    credentials: certificate ? { certificate: { subject: certificate, fingerprint: 'f', until: Infinity } } : {},
    body: () => Promise.resolve(Buffer.from(bytes)),
  });
  return answer;
}

/** The answer's text, and its value where that is JSON. */
export async function answered(...request: Parameters<typeof ask>) {
  const { code, type, headers, body } = await ask(...request);
  if (body.kind === 'live') throw new Error('the answer is live');
  const text = body.kind === 'text' ? body.text : [...body.pieces].join('');
  return { code, type, headers, text, value: type.startsWith('application/json') && text ? JSON.parse(text) : undefined };
}

/** A connection whose reader the test plays. */
export class FakeOutlet implements Outlet {
  closed = false;
  ended = false;
  destroyed = false;
  isRoom = true;
  text = '';
  readonly #onClose: (() => void)[] = [];
  #onRoom: (() => void)[] = [];

  write(bytes: Written): boolean {
    const pieces = Array.isArray(bytes) ? (bytes as readonly Uint8Array[]) : [bytes as string | Uint8Array];
    for (const piece of pieces) this.text += typeof piece === 'string' ? piece : Buffer.from(piece).toString();
    return this.isRoom;
  }

  drained(): Promise<void> {
    return this.closed ? Promise.resolve() : new Promise((resolve) => this.#onRoom.push(resolve));
  }

  makeRoom(): void {
    this.isRoom = true;
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }

  onClose(closed: () => void): void {
    this.#onClose.push(closed);
  }

  end(): void {
    this.ended = true;
    this.#close();
  }

  destroy(): void {
    this.destroyed = true;
    this.#close();
  }

  /** The client leaves. */
  leave(): void {
    this.#close();
  }

  events(): { type: string; object: Record<string, any> }[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  #close(): void {
    this.closed = true;
    for (const closed of this.#onClose.splice(0)) closed();
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }
}
