import type { Millis } from '../../base/index.ts';
import {
  EVENTS,
  formatMicroTime,
  formatTime,
  NEW_EVENTS,
  type Event,
  type KindRef,
  type KubeObject,
  type NewEvent,
  type ObjectMeta,
} from '../../model/index.ts';
import type { Act, Told } from './desk.ts';

/** How often it was told, and since when. */
export interface Count {
  readonly first: Millis;
  readonly count: number;
}

/** One of the two ways in which Kubernetes' parts write the same stored object. */
export interface Form {
  readonly kind: KindRef<KubeObject>;
  create(metadata: ObjectMeta, told: Told, message: string, count: Count): KubeObject;
  /** What a known event is given when it was told again. */
  repeat(told: Told, message: string, count: Count): Readonly<Record<string, unknown>>;
}

/** As most parts write it: with a count. */
const COUNTED: Form = {
  kind: EVENTS,
  create: (metadata, told, message, { first, count }): Event => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata,
    involvedObject: told.object,
    type: told.type,
    reason: told.reason,
    message,
    source: told.source,
    firstTimestamp: formatTime(first),
    lastTimestamp: formatTime(told.at),
    eventTime: null,
    count,
    reportingComponent: told.source.component,
    reportingInstance: told.source.host ?? '',
  }),
  repeat: ({ at }, message, { count }) => ({ count, lastTimestamp: formatTime(at), message }),
};

/** As the scheduler writes it: with what was done, and a series once it was told again. What it says is never changed. */
const inSeries = ({ action, related, instance }: Act): Form => ({
  kind: NEW_EVENTS,
  create: (metadata, told, message, { first, count }): NewEvent => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata,
    eventTime: formatMicroTime(first),
    ...(count > 1 ? { series: seriesOf(told, count) } : {}),
    reportingController: told.source.component,
    reportingInstance: instance,
    action,
    reason: told.reason,
    regarding: told.object,
    ...(related ? { related } : {}),
    note: message,
    type: told.type,
    deprecatedSource: {},
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
  }),
  repeat: (told, _, { count }) => ({ series: seriesOf(told, count) }),
});

const seriesOf = ({ at }: Told, count: number) => ({ count, lastObservedTime: formatMicroTime(at) });

export const formOf = ({ act }: Told): Form => (act ? inSeries(act) : COUNTED);
