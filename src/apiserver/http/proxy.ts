import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { http, messageOf, StatusError } from '../../base/index.ts';
import {
  ENDPOINT_SLICES,
  SERVICE_NAME_LABEL,
  type EndpointSlice,
  type KindRegistry,
  type Node,
  type Pod,
  type Service,
} from '../../model/index.ts';
import type { Place } from '../api.ts';
import type { Backend } from './backend.ts';
import type { Answer, Asked, Outlet } from './message.ts';

/** Passes a request on to a pod, a node's kubelet or what is behind a Service, and the answer back as it comes. */
export async function proxy(backend: Backend, asked: Asked, place: Place): Promise<Answer> {
  const wanted = parseName(place);
  const found = backend.api.get({ ...place, name: wanted.name, subresource: undefined });
  await backend.api.durable(found.revision);
  const path = `${proxiedPath(asked)}${asked.query.size > 0 ? `?${asked.query}` : ''}`;
  if (place.kind.kind === 'Node') return askKubelet(backend, asked, found.value as unknown as Node, path);
  const target =
    place.kind.kind === 'Pod'
      ? podTarget(found.value as unknown as Pod, wanted)
      : serviceTarget(backend, found.value as unknown as Service, wanted);
  return askServer(asked, { ...target, path, scheme: wanted.scheme });
}

export function proxiedPath({ path }: Asked): string {
  return `/${/\/proxy\/(.*)$/.exec(path)?.[1] ?? ''}`;
}

interface Wanted {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  readonly port: string;
}

/** `NAME`, `NAME:PORT`, `https:NAME:PORT`. */
function parseName({ kind, name = '' }: Place): Wanted {
  const parts = name.split(':');
  const [scheme = '', bare = '', port = ''] = parts.length > 2 ? parts : ['', ...parts];
  if (parts.length > 3 || !['', 'http', 'https'].includes(scheme))
    throw new StatusError('BadRequest', `invalid ${kind.singular} request ${JSON.stringify(name)}`);
  return { scheme: scheme === 'https' ? 'https' : 'http', name: bare, port };
}

function podTarget({ metadata, spec, status }: Pod, { port }: Wanted) {
  if (!status?.podIP) throw new StatusError('BadRequest', `address not allowed: pod ${metadata.name} has none yet`);
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  const number = port === '' ? ports[0]?.containerPort : (ports.find(({ name }) => name === port)?.containerPort ?? Number(port));
  return { host: status.podIP, port: checkedPort(number ?? 80, port) };
}

function serviceTarget(backend: Backend, { metadata, spec }: Service, { port }: Wanted) {
  const { ports = [] } = spec;
  const wanted = port === '' && ports.length === 1 ? ports[0] : ports.find((each) => each.name === port || String(each.port) === port);
  const none = () => new StatusError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(metadata.name)}`);
  if (!wanted) throw none();
  for (const { endpoints = [], ports: open = [] } of slicesOf(backend, metadata)) {
    const ready = endpoints.find(({ conditions }) => conditions?.ready !== false)?.addresses[0];
    const number = open.find(({ name = '' }) => name === (wanted.name ?? ''))?.port;
    if (ready && number) return { host: ready, port: number };
  }
  throw none();
}

function slicesOf({ api }: Backend, { name, namespace }: Service['metadata']): readonly EndpointSlice[] {
  const kind = kindOf(api.kinds);
  const { items } = api.list({ kind, namespace }, { labelSelector: `${SERVICE_NAME_LABEL}=${name}` });
  return items.map(({ value }) => value as unknown as EndpointSlice);
}

function kindOf(kinds: KindRegistry) {
  const { group, version, plural } = ENDPOINT_SLICES;
  return kinds.byResource(group, version, plural)!;
}

function checkedPort(port: number, asked: string): number {
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return port;
  throw new StatusError('BadRequest', `invalid port ${JSON.stringify(asked)}`);
}

async function askKubelet({ nodes }: Backend, asked: Asked, { metadata: { name } }: Node, path: string): Promise<Answer> {
  const ask = nodes(name);
  if (!ask) throw new StatusError('ServiceUnavailable', `node ${name} cannot be reached: it is not connected`);
  if (asked.method !== 'GET') throw new StatusError('MethodNotAllowed', `a node answers nothing but GET through its proxy`);
  const leave = new AbortController();
  const response = await ask(new Request(`http://${name}${path}`, { signal: leave.signal }));
  const type = response.headers.get('content-type') ?? 'text/plain';
  const run = (outlet: Outlet) => pour(outlet, response.body ?? [], () => leave.abort());
  return { code: response.status, type, body: { kind: 'live', run } };
}

interface Target extends Required<Pick<RequestOptions, 'host' | 'path'>> {
  readonly host: string;
  readonly path: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
}

async function askServer(asked: Asked, { scheme, host, port, path }: Target): Promise<Answer> {
  if (asked.headers.upgrade)
    throw new StatusError('BadRequest', 'connections that are to be upgraded are not passed on: use kubectl port-forward');
  const body = await asked.body();
  const headers = { ...withoutOwn(asked.headers), host: `${host}:${port}`, ...(body.length > 0 ? { 'content-length': body.length } : {}) };
  const options = { host, port, path, method: asked.method, headers, agent: false, rejectUnauthorized: false };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = scheme === 'https' ? httpsRequest(options, resolve) : http.request(options, resolve);
  request.on('error', reject);
  request.end(body);
  try {
    const response = await promise;
    const { 'content-type': type = 'text/plain', ...rest } = withoutOwn(response.headers);
    const run = (outlet: Outlet) => pour(outlet, response, () => response.destroy());
    return { code: response.statusCode ?? 502, type: String(type), headers: rest as Record<string, string>, body: { kind: 'live', run } };
  } catch (error) {
    throw new StatusError('ServiceUnavailable', `error trying to reach service: ${messageOf(error)}`, {});
  }
}

/** What is between two neighbours, and what says who asks here. */
const OWN = /^(:.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|authorization|impersonate-.*)$/;

function withoutOwn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.test(name)));
}

async function pour(outlet: Outlet, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, leave: () => void): Promise<void> {
  outlet.onClose(leave);
  try {
    for await (const bytes of chunks) {
      if (outlet.closed) return;
      if (!outlet.write(bytes)) await outlet.drained();
    }
    outlet.end();
  } catch {
    outlet.destroy();
  } finally {
    leave();
  }
}
