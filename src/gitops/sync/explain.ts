import { messageOf, type Log } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { controllerOf, EVENTS, PODS, type Event as KubeEvent, type Pod } from '../../model/index.ts';
import { isReady } from '../../status/index.ts';
import { formatTarget, type Target } from '../desired/identity.ts';

/** The last line that a container of a pod wrote; undefined when there is none, or nobody can tell. */
export type LastLine = (pod: Pod) => Promise<string | undefined>;

export interface ExplainTools {
  readonly client: Pick<Client, 'list'>;
  readonly lastLine: LastLine;
  readonly log: Log;
}

/** Of those that are not well, so many are looked into. */
const MOST = 2;

/** The last warning about each object or its pods, and the last line that such a pod wrote. */
export async function explain(targets: readonly Target[], tools: ExplainTools): Promise<string> {
  const told: string[] = [];
  for (const target of targets.slice(0, MOST)) {
    try {
      told.push(...(await explainOne(target, tools)));
    } catch (error) {
      tools.log.warn({ object: formatTarget(target), error: messageOf(error) }, 'not explained');
    }
  }
  return told.join('\n');
}

async function explainOne({ namespace, name }: Target, { client, lastLine }: ExplainTools): Promise<readonly string[]> {
  if (namespace === undefined) return [];
  const [events, pods] = await Promise.all([client.list(EVENTS, { namespace }), client.list(PODS, { namespace })]);
  const own = pods.items.filter((pod) => pod.metadata.name === name || isBelow(controllerOf(pod)?.name ?? '', name));
  const names = new Set([name, ...own.map(({ metadata }) => metadata.name)]);
  const warning = events.items
    .filter(({ type, involvedObject }) => type === 'Warning' && names.has(involvedObject.name ?? ''))
    .toSorted(byTime)
    .at(-1);
  const pod = own.findLast((one) => !isReady(one));
  const line = pod && (await lastLine(pod));
  return [
    ...(warning
      ? [`last event: ${warning.involvedObject.kind} ${warning.involvedObject.name}: ${warning.reason}: ${warning.message}`]
      : []),
    ...(line ? [`last line of Pod ${pod.metadata.name}: ${line}`] : []),
  ];
}

/** `web-7d4b9c` is a ReplicaSet of `web`. */
const isBelow = (controller: string, name: string) => controller === name || controller.startsWith(`${name}-`);

function byTime(a: KubeEvent, b: KubeEvent): number {
  const [left, right] = [a, b].map(
    ({ series, lastTimestamp, eventTime, metadata }) =>
      series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '',
  );
  return left! < right! ? -1 : left! > right! ? 1 : 0;
}
