import { StatusError } from '../../base/index.ts';
import type { Manifest, Pod } from '../../model/index.ts';
import type { Place } from '../api.ts';
import type { Backend } from './backend.ts';
import { textAnswer, type Answer, type Asked } from './message.ts';
import { containerOf } from './podlog.ts';
import { proxiedPath } from './proxy.ts';

/** What a client asks for in its address, as the object that Kubernetes makes of it. */
export function connectOptions({ subresource }: Place, asked: Asked): Manifest {
  const { query } = asked;
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].flatMap((flag) =>
    query.get(flag) === 'true' || query.get(flag) === '1' ? [[flag, true]] : [],
  );
  const container = query.get('container');
  const streams = { ...Object.fromEntries(flags), ...(container ? { container } : {}) };
  const fields: Readonly<Record<string, object>> = {
    exec: { ...streams, command: query.getAll('command') },
    attach: streams,
    portforward: { ports: query.getAll('ports').map(Number) },
    proxy: { path: proxiedPath(asked) },
  };
  return fields[subresource ?? ''] as Manifest;
}

/** Streams into a pod: its node takes the connection over, and speaks with the client itself. */
export async function connect({ api, nodes }: Backend, asked: Asked, place: Place): Promise<Answer> {
  const { name, subresource } = place;
  const found = api.get({ ...place, subresource: undefined });
  await api.durable(found.revision);
  const pod = found.value as unknown as Pod;
  const container = subresource === 'portforward' ? '' : `/${containerOf(pod, asked.query.get('container') || undefined)}`;
  if (!asked.headers.upgrade) throw new StatusError('BadRequest', 'Upgrade request required');
  const { nodeName } = pod.spec;
  if (!nodeName) throw new StatusError('BadRequest', `pod ${name} does not have a host assigned`);
  const take = nodes(nodeName)?.upgrade;
  if (!take) throw new StatusError('ServiceUnavailable', `pod ${name} cannot be reached: its node ${nodeName} is not connected`);
  const root = subresource === 'portforward' ? 'portForward' : subresource;
  const url = new URL(`http://${nodeName}/${root}/${pod.metadata.namespace}/${pod.metadata.name}${container}?${asked.query}`);
  return { ...textAnswer('', 101), upgrade: (request, socket, head) => take(url, request, socket, head) };
}
