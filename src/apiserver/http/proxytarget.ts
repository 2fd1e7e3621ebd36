import { isStatus, StatusError } from '../../base/index.ts';
import { ENDPOINT_SLICES, PODS, SERVICE_NAME_LABEL, type Endpoint, type EndpointSlice, type Pod, type Service } from '../../model/index.ts';
import type { Place } from '../api.ts';
import type { Backend } from './backend.ts';

export interface Wanted {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  readonly port: string;
}

/** `NAME`, `NAME:PORT`, `https:NAME:PORT`. */
export function parseName({ kind, name = '' }: Place): Wanted {
  const parts = name.split(':');
  const [scheme = '', bare = '', port = ''] = parts.length > 2 ? parts : ['', ...parts];
  if (parts.length > 3 || !['', 'http', 'https'].includes(scheme))
    throw new StatusError('BadRequest', `invalid ${kind.singular} request ${JSON.stringify(name)}`);
  return { scheme: scheme === 'https' ? 'https' : 'http', name: bare, port };
}

export function podTarget({ metadata, spec, status }: Pod, { port }: Wanted) {
  if (!status?.podIP) throw new StatusError('BadRequest', `address not allowed: pod ${metadata.name} has none yet`);
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  const number = port === '' ? ports[0]?.containerPort : (ports.find(({ name }) => name === port)?.containerPort ?? Number(port));
  return { host: status.podIP, port: checkedPort(number ?? 80, port) };
}

export function serviceTarget(backend: Backend, { metadata, spec }: Service, { port }: Wanted) {
  const { ports = [] } = spec;
  const wanted = port === '' && ports.length === 1 ? ports[0] : ports.find((each) => each.name === port || String(each.port) === port);
  const service = JSON.stringify(metadata.name);
  const none = (why: string) => new StatusError('ServiceUnavailable', `${why} for service ${service}`);
  if (!wanted) throw none(/^\d+$/.test(port) ? `no service port ${port} found` : 'no endpoints available');
  const ready = slicesOf(backend, metadata).flatMap(({ endpoints = [], ports: open = [] }) => {
    const number = open.find(({ name = '' }) => name === (wanted.name ?? ''))?.port;
    const able = endpoints.filter((endpoint) => endpoint.conditions?.ready !== false && isPods(backend, metadata, endpoint));
    return number ? able.map(({ addresses }) => ({ host: addresses[0]!, port: number })) : [];
  });
  const picked = ready[Math.floor(backend.random.fraction() * ready.length)];
  if (!picked) throw none('no endpoints available');
  return picked;
}

/** Who may write addresses must not make the server ask there for them: only what a pod has is asked. */
function isPods({ api }: Backend, { namespace }: Service['metadata'], { addresses, targetRef: of }: Endpoint): boolean {
  if (of?.kind !== 'Pod' || of.namespace !== namespace) return false;
  try {
    const { value } = api.get({ kind: api.kinds.served(PODS)!, namespace, name: of.name });
    const { podIP, podIPs = [] } = (value as unknown as Pod).status ?? {};
    return [podIP, ...podIPs.map(({ ip }) => ip)].includes(addresses[0]);
  } catch (error) {
    if (isStatus(error, 'NotFound')) return false;
    throw error;
  }
}

function slicesOf({ api }: Backend, { name, namespace }: Service['metadata']): readonly EndpointSlice[] {
  const kind = api.kinds.served(ENDPOINT_SLICES)!;
  const { items } = api.list({ kind, namespace }, { labelSelector: `${SERVICE_NAME_LABEL}=${name}` });
  return items.map(({ value }) => value as unknown as EndpointSlice);
}

function checkedPort(port: number, asked: string): number {
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return port;
  throw new StatusError('BadRequest', `invalid port ${JSON.stringify(asked)}`);
}
