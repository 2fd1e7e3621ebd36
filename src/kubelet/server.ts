import { messageOf, type Clock } from '../base/index.ts';
import { parseTime, type Pod } from '../model/index.ts';
import type { LogRequest, Runtime, RuntimeContainer } from './runtime.ts';
import { resourceMetrics } from './stats/resource.ts';
import { UsageSampler } from './stats/sampler.ts';
import { summaryOf } from './stats/summary.ts';

export interface ServerOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly pod: (namespace: string, name: string) => Pod | undefined;
  readonly pods: () => readonly Pod[];
  readonly nodeName: string;
}

class Refused extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The paths that a kubelet serves on port 10250. */
export function kubeletHandler(options: ServerOptions): (request: Request) => Promise<Response> {
  const sampler = new UsageSampler(options.runtime, options.clock, () => uidsOf(options.pods()));
  return async (request) => {
    try {
      const url = new URL(request.url);
      const [root, ...rest] = url.pathname.split('/').slice(1).map(decodeURIComponent);
      if (root === 'healthz') return new Response('ok');
      if (root === 'pods') return Response.json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: options.pods() });
      if (root === 'containerLogs' && rest.length === 3)
        return await containerLogs(options, rest as [string, string, string], url.searchParams, request.signal);
      if (url.pathname === '/stats/summary') return Response.json(summaryOf(options.nodeName, options.pods(), await sampler.measure()));
      if (url.pathname === '/metrics/resource') return await resources(options);
      throw new Refused(404, `404 page not found: ${url.pathname}`);
    } catch (error) {
      const code = error instanceof Refused ? error.code : 500;
      return new Response(messageOf(error), { status: code, headers: { 'Content-Type': 'text/plain; charset=utf-8' } });
    }
  };
}

function uidsOf(pods: readonly Pod[]): readonly string[] {
  return pods.map(({ metadata }) => metadata.uid ?? '');
}

async function resources({ runtime, pods }: ServerOptions): Promise<Response> {
  const here = pods();
  const text = resourceMetrics(here, (await runtime.usage?.(uidsOf(here))) ?? [], await runtime.machineUsage?.());
  return new Response(text, { headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' } });
}

async function containerLogs(
  options: ServerOptions,
  [namespace, podName, name]: [string, string, string],
  query: URLSearchParams,
  aborted: AbortSignal,
): Promise<Response> {
  const { runtime } = options;
  const pod = options.pod(namespace, podName);
  if (!pod) throw new Refused(404, `pod ${namespace}/${podName} does not exist on this node`);
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  const known = [...initContainers, ...containers, ...ephemeralContainers].some((container) => container.name === name);
  if (!known) throw new Refused(404, `container "${name}" not found in pod "${podName}"`);
  const request = logRequest(query, options.clock);
  const [running] = await runtime.list(pod.metadata.uid ?? '');
  const attempts = (running?.containers ?? []).filter((container) => container.name === name).toSorted((a, b) => b.attempt - a.attempt);
  const { id } = chosen(pod, name, attempts, isTrue(query.get('previous')));
  const stop = new AbortController();
  const body = streamOf(runtime.logs(id, request, AbortSignal.any([aborted, stop.signal])), stop);
  return new Response(body, { headers: { 'Content-Type': 'text/plain; charset=utf-8' } });
}

function chosen(pod: Pod, name: string, attempts: readonly RuntimeContainer[], previous: boolean): RuntimeContainer {
  const podName = pod.metadata.name;
  if (previous) {
    const ended =
      attempts.find((attempt, place) => attempt.state.kind === 'exited' && place > 0) ?? (isWaiting(pod, name) ? attempts[0] : undefined);
    if (!ended) throw new Refused(400, `previous terminated container "${name}" in pod "${podName}" not found`);
    return ended;
  }
  const [latest] = attempts;
  if (!latest)
    throw new Refused(
      400,
      `container "${name}" in pod "${podName}" is waiting to start: ${waitingReason(pod, name) ?? 'ContainerCreating'}`,
    );
  return latest;
}

/** A container between two attempts: its last one is the previous one as well. */
function isWaiting(pod: Pod, name: string): boolean {
  return waitingReason(pod, name) !== undefined;
}

function waitingReason({ status }: Pod, name: string): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  const statuses = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  return statuses.find((each) => each.name === name)?.state?.waiting?.reason;
}

function logRequest(query: URLSearchParams, clock: Clock): LogRequest {
  const tailLines = count(query, 'tailLines');
  const limitBytes = count(query, 'limitBytes');
  const sinceSeconds = count(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const since = sinceTime ? parseTime(sinceTime) : sinceSeconds === undefined ? undefined : clock.now() - sinceSeconds * 1000;
  if (sinceTime && since === undefined)
    throw new Refused(400, `sinceTime ${JSON.stringify(sinceTime)} is no time: write it as 2026-01-31T15:04:05Z`);
  return {
    follow: isTrue(query.get('follow')),
    timestamps: isTrue(query.get('timestamps')),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(since === undefined ? {} : { since }),
  };
}

function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}

function count(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d+$/.test(text)) throw new Refused(400, `${name} ${JSON.stringify(text)} is no whole number of 0 or more`);
  return Number(text);
}

/** A reader that goes away ends the reading. */
function streamOf(chunks: AsyncIterable<Uint8Array>, stop: AbortController): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    // What was read and not taken yet holds its files open.
    async cancel() {
      stop.abort(new Error('the reader has gone'));
      await iterator.return?.();
    },
  });
}
