import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { http, messageOf, StatusError } from '../../base/index.ts';
import type { Node, Pod, Service } from '../../model/index.ts';
import type { Place } from '../api.ts';
import type { Backend } from './backend.ts';
import { proxiedLink, type ProxyRoot } from './links.ts';
import { textAnswer, type Answer, type Asked, type Outlet } from './message.ts';
import { piecesOf } from './pieces.ts';
import { proxiedChunks } from './proxypage.ts';
import { parseName, podTarget, serviceTarget } from './proxytarget.ts';

/** Passes a request on to a pod, a node's kubelet or what is behind a Service, and the answer back as it comes. */
export async function proxy(backend: Backend, asked: Asked, place: Place): Promise<Answer> {
  const wanted = parseName(place);
  const found = backend.api.get({ ...place, name: wanted.name, subresource: undefined });
  await backend.api.durable(found.revision);
  const [, prefix, own = ''] = PROXIED.exec(asked.path)!;
  // Without it, the links of the server's first page would lead past the proxy.
  if (own === '' && (asked.method === 'GET' || asked.method === 'HEAD')) return moved(`${asked.path}/${asked.search}`);
  const path = `${own || '/'}${asked.search}`;
  if (place.kind.kind === 'Node') return askKubelet(backend, asked, found.value as unknown as Node, path);
  const target =
    place.kind.kind === 'Pod'
      ? podTarget(found.value as unknown as Pod, wanted)
      : serviceTarget(backend, found.value as unknown as Service, wanted);
  return askServer(asked, { ...target, path, prefix: prefix!, scheme: wanted.scheme });
}

/** The path of the proxy, and the path behind it. */
const PROXIED = /^(\/api\/[^/]+(?:\/namespaces\/[^/]+)?\/[^/]+\/[^/]+\/proxy)(\/.*)?$/;

export function proxiedPath({ path }: Asked): string {
  return PROXIED.exec(path)?.[2] ?? '/';
}

function moved(location: string): Answer {
  return { ...textAnswer('', 301), headers: { location } };
}

async function askKubelet({ nodes }: Backend, asked: Asked, { metadata: { name } }: Node, path: string): Promise<Answer> {
  const ask = nodes(name);
  if (!ask) throw new StatusError('ServiceUnavailable', `node ${name} cannot be reached: it is not connected`);
  if (asked.method !== 'GET') throw new StatusError('MethodNotAllowed', `a node answers nothing but GET through its proxy`);
  const response = await ask(new Request(`http://${name}${path}`));
  const type = response.headers.get('content-type') ?? 'text/plain';
  const run = (outlet: Outlet) => {
    const { chunks, leave } = piecesOf(response);
    return pour(outlet, chunks, leave);
  };
  return { code: response.status, type, body: { kind: 'live', run } };
}

interface Target extends Required<Pick<RequestOptions, 'host' | 'path'>> {
  readonly host: string;
  readonly path: string;
  readonly prefix: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
}

async function askServer(asked: Asked, { scheme, host, port, path, prefix }: Target): Promise<Answer> {
  if (asked.headers.upgrade)
    throw new StatusError('BadRequest', 'connections that are to be upgraded are not passed on: use kubectl port-forward');
  const body = await asked.body();
  const own = `${host}:${port}`;
  const called = asked.headers.host ?? asked.headers[':authority']?.toString() ?? own;
  const headers = {
    ...withoutOwn(asked.headers),
    host: called,
    'x-forwarded-for': [asked.headers['x-forwarded-for'] ?? [], asked.address].flat().join(', '),
    'x-forwarded-uri': prefix + path.replace(/\?.*$/s, ''),
    ...(body.length > 0 ? { 'content-length': body.length } : {}),
  };
  const options = { host, port, path, method: asked.method, headers, agent: false, rejectUnauthorized: false };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = scheme === 'https' ? httpsRequest(options, resolve) : http.request(options, resolve);
  request.on('error', reject);
  request.end(body);
  try {
    return await passedBack(asked, await promise, { prefix, hosts: [called, own] });
  } catch (error) {
    throw new StatusError('ServiceUnavailable', `error trying to reach service: ${messageOf(error)}`, {});
  }
}

/** What the server answered, with its links leading through the proxy. */
async function passedBack(asked: Asked, response: IncomingMessage, root: ProxyRoot): Promise<Answer> {
  const { 'content-type': type = 'text/plain', location, ...rest } = withoutOwn(response.headers);
  const length = asked.method === 'HEAD' ? response.headers['content-length'] : undefined;
  const headers = {
    ...rest,
    ...(location ? { location: proxiedLink(location, root) } : {}),
    ...(length === undefined ? {} : { 'content-length': length }),
  } as Record<string, string>;
  const isPage = !location && /^text\/html\s*(?:;|$)/.test(String(type)) && asked.method !== 'HEAD';
  const chunks = isPage ? await proxiedChunks(response, root) : response;
  const run = (outlet: Outlet) => pour(outlet, chunks, () => response.destroy());
  return { code: response.statusCode ?? 502, type: String(type), headers, body: { kind: 'live', run } };
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
