import { StatusError, messageOf, type Log } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import type { Place } from '../api.ts';
import type { Backend } from './backend.ts';
import { textAnswer, type Answer, type Asked, type Outlet } from './message.ts';
import { piecesOf } from './pieces.ts';

/** What the kubelet understands of the query. */
const PASSED_ON = new Set(['follow', 'previous', 'timestamps', 'sinceSeconds', 'sinceTime', 'tailLines', 'limitBytes']);

/** Asks the pod's node for a container's log, and passes on what it says for as long as it says something. */
export async function podLog({ api, nodes, log }: Backend, asked: Asked, place: Place): Promise<Answer> {
  const found = api.get({ ...place, subresource: undefined });
  await api.durable(found.revision);
  const pod = found.value as unknown as Pod;
  const container = containerOf(pod, asked.query.get('container') || undefined);
  checkNumbers(pod, asked.query);
  const node = pod.spec.nodeName;
  if (!node) return textAnswer('');
  const ask = nodes(node);
  if (!ask) {
    throw new StatusError('ServiceUnavailable', `the log of pod ${pod.metadata.name} cannot be read: its node ${node} is not connected`);
  }
  const { namespace, name } = pod.metadata;
  const url = `http://${node}/containerLogs/${namespace}/${name}/${container}?${passedOn(asked.query)}`;
  const response = await ask(new Request(url));
  if (!response.ok) throw await refusalOf(response);
  return {
    code: 200,
    type: 'text/plain; charset=utf-8',
    body: { kind: 'live', run: (outlet) => passOn(response, outlet, log) },
  };
}

/** The container that is meant, if it needs no saying which. */
export function containerOf({ metadata: { name }, spec }: Pod, asked: string | undefined): string {
  const containers = spec.containers.map((container) => container.name);
  const init = (spec.initContainers ?? []).map((container) => container.name);
  if (asked !== undefined) {
    const added = (spec.ephemeralContainers ?? []).some((container) => container.name === asked);
    if (added || containers.includes(asked) || init.includes(asked)) return asked;
    throw new StatusError('BadRequest', `container ${asked} is not valid for pod ${name}`);
  }
  if (containers.length === 1) return containers[0]!;
  const others = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw new StatusError(
    'BadRequest',
    `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]${others}`,
  );
}

const NUMBERS: Readonly<Record<string, { least: number }>> = {
  tailLines: { least: 0 },
  sinceSeconds: { least: 1 },
  limitBytes: { least: 1 },
};

function checkNumbers(pod: Pod, query: URLSearchParams): void {
  for (const [field, { least }] of Object.entries(NUMBERS)) {
    const value = query.get(field);
    if (value === null) continue;
    if (!/^-?\d+$/.test(value))
      throw new StatusError('BadRequest', `${field}: Invalid value: ${JSON.stringify(value)}: must be a whole number`);
    if (Number(value) >= least) continue;
    const message = `Invalid value: ${value}: must be greater than ${least === 0 ? 'or equal to 0' : '0'}`;
    throw new StatusError('Invalid', `PodLogOptions ${JSON.stringify(pod.metadata.name)} is invalid: ${field}: ${message}`, {
      name: pod.metadata.name,
      kind: 'PodLogOptions',
      causes: [{ reason: 'FieldValueInvalid', message, field }],
    });
  }
}

function passedOn(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => PASSED_ON.has(name)));
}

const REFUSALS: Readonly<Record<number, 'BadRequest' | 'NotFound'>> = { 400: 'BadRequest', 404: 'NotFound' };

/** A kubelet refuses in plain words: `container "c" in pod "p" is waiting to start: ContainerCreating`. */
async function refusalOf(response: Response): Promise<StatusError> {
  const words = (await response.text()).trim();
  return new StatusError(REFUSALS[response.status] ?? 'InternalError', words || `the node answered with ${response.status}`);
}

async function passOn(response: Response, outlet: Outlet, log: Log): Promise<void> {
  const { chunks, leave } = piecesOf(response);
  outlet.onClose(leave);
  try {
    for await (const bytes of chunks) {
      if (outlet.closed) break;
      if (!outlet.write(bytes)) await outlet.drained();
    }
    outlet.end();
  } catch (error) {
    if (!outlet.closed) log.warn({ error: messageOf(error) }, 'container log cut');
    outlet.destroy();
  } finally {
    leave();
  }
}
