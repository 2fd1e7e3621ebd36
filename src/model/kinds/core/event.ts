import type { Clock } from '../../../base/index.ts';
import { dns1123Subdomain } from '../../meta/index.ts';
import { EVENTS, type Event } from '../../types/index.ts';
import { invalid } from '../../schema/problems.ts';
import { NAME, since, textColumn, UNKNOWN, wideColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';

/** The namespaces in which events about things that are in none are kept. */
const FOR_CLUSTER: ReadonlySet<string> = new Set(['', 'default', 'kube-system']);

export const EVENT = declareKind<Event>({
  ref: EVENTS,
  schema: { definition: 'core.v1.Event' },
  name: dns1123Subdomain,
  createdByUpdate: true,
  shortNames: ['ev'],
  /** These fields are on the wire also when they are empty. */
  defaults: (event) => ({
    ...event,
    source: event.source ?? {},
    firstTimestamp: event.firstTimestamp ?? null,
    lastTimestamp: event.lastTimestamp ?? null,
    eventTime: event.eventTime ?? null,
    reportingComponent: event.reportingComponent ?? '',
    reportingInstance: event.reportingInstance ?? '',
  }),
  validate: ({ metadata, involvedObject }) => {
    const about = involvedObject?.namespace ?? '';
    const fits = about === '' ? FOR_CLUSTER.has(metadata.namespace ?? '') : about === metadata.namespace;
    return fits ? [] : [invalid(['involvedObject', 'namespace'], about, 'does not match event.namespace')];
  },
  columns: [
    ...['Last Seen', 'Type', 'Reason', 'Object'].map(textColumn),
    ...['Subobject', 'Source'].map(wideColumn),
    textColumn('Message'),
    ...['First Seen', 'Count'].map(wideColumn),
    { ...NAME, priority: 1 },
  ],
  row: (event, clock) => {
    const { involvedObject: about, series } = event;
    const first = event.firstTimestamp ? since(event.firstTimestamp, clock) : since(event.eventTime, clock);
    const last = lastSeen(event, first, clock);
    const object = about.name ? `${(about.kind ?? '').toLowerCase()}/${about.name}` : (about.kind ?? '').toLowerCase();
    const count = series ? (series.count ?? 0) : event.count || 1;
    const told = [
      last,
      event.type ?? '',
      event.reason ?? '',
      object,
      about.fieldPath ?? '',
      sourceCell(event),
      (event.message ?? '').trim(),
    ];
    return [...told, first, count, event.metadata.name];
  },
  selectable: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || '',
    type: ({ type }) => type ?? '',
  },
});

function lastSeen({ series, lastTimestamp }: Event, first: string, clock: Clock): string {
  if (series) return series.lastObservedTime ? since(series.lastObservedTime, clock) : UNKNOWN;
  return lastTimestamp ? since(lastTimestamp, clock) : first;
}

function sourceCell({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance;
  return host ? `${component}, ${host}` : component;
}
