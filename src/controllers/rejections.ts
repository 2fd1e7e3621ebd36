import { doubled, type Millis } from '../base/index.ts';
import { parseTime, type Pod } from '../model/index.ts';
import { isActive, wasRejected } from '../status/index.ts';

const FIRST: Millis = 1_000;
const LONGEST: Millis = 300_000;

/** Pods of a set that their nodes rejected one after another, with none taken on since. */
export interface Rejections {
  /** Why the last of them was. */
  readonly message: string;
  /** How long no pod may be made because of them. */
  readonly pauseMs: Millis;
}

/**
 * Undefined as long as nodes take on as many pods as the set wants. A set that replaces at once what a node rejects makes
 * thousands of failed pods within minutes, as Kubernetes' does (kubernetes#72593): each time in a row it waits twice as long.
 */
export function rejectionsOf(pods: readonly Pod[], want: number, now: Millis): Rejections | undefined {
  if (!pods.some(wasRejected)) return undefined;
  const takenOn = pods.filter(isTakenOn);
  const missing = want - takenOn.filter(isActive).length;
  const lastTaken = takenOn.reduce((latest, pod) => Math.max(latest, madeAt(pod)), Number.NEGATIVE_INFINITY);
  const inARow = pods.filter((pod) => wasRejected(pod) && madeAt(pod) >= lastTaken).toSorted((a, b) => madeAt(a) - madeAt(b));
  const last = inARow.at(-1);
  if (!last || missing <= 0) return undefined;
  const times = Math.ceil(inARow.length / missing);
  return { message: rejectionMessage(last), pauseMs: Math.max(0, madeAt(last) + doubled(FIRST, times, LONGEST) - now) };
}

/** For people: which node did not want it, and why. */
export function rejectionMessage({ metadata: { name }, spec: { nodeName = '' }, status }: Pod): string {
  return `node ${nodeName} rejected pod ${name}: ${status?.reason}: ${status?.message ?? ''}`;
}

const isTakenOn = ({ status }: Pod): boolean => status?.phase === 'Running' || (status?.containerStatuses?.length ?? 0) > 0;

const madeAt = ({ metadata }: Pod): Millis => parseTime(metadata.creationTimestamp) ?? 0;
