import { apiVersionOf, dns1123Subdomain, type Manifest } from '../../meta/index.ts';
import { EVENTS, NEW_EVENTS, type Event, type NewEvent } from '../../types/index.ts';
import { EVENT } from '../core/event.ts';
import { declareKind } from '../declare.ts';
import { validateNewEvent } from './event-rules.ts';

/** The same field under its newer name. */
const RENAMED = {
  involvedObject: 'regarding',
  message: 'note',
  reportingComponent: 'reportingController',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
} as const satisfies Partial<Record<keyof Event, keyof NewEvent>>;

const OLD_NAMES = Object.fromEntries(Object.entries(RENAMED).map(([old, now]) => [now, old]));

function renamed<T>(object: object, names: Readonly<Record<string, string>>, apiVersion: string): T {
  const made: Record<string, unknown> = {};
  for (const field in object) made[names[field] ?? field] = (object as Readonly<Record<string, unknown>>)[field];
  made['apiVersion'] = apiVersion;
  return made as T;
}

const NEW_VERSION = apiVersionOf(NEW_EVENTS);
const OLD_VERSION = apiVersionOf(EVENTS);

const asNew = (event: object) => renamed<NewEvent>(event, RENAMED, NEW_VERSION);
const asOld = (event: object) => renamed<Event>(event, OLD_NAMES, OLD_VERSION);

export const NEW_EVENT = declareKind<NewEvent>({
  ref: NEW_EVENTS,
  schema: { definition: 'events.v1.Event' },
  name: dns1123Subdomain,
  createdByUpdate: true,
  shortNames: ['ev'],
  stored: {
    group: EVENTS.group,
    version: EVENTS.version,
    read: (stored) => asNew(stored) as unknown as Manifest,
    write: (object) => asOld(object) as unknown as Manifest,
  },
  /** These fields are on the wire also when they are empty. */
  defaults: (event) => ({
    ...event,
    eventTime: event.eventTime ?? null,
    regarding: event.regarding ?? {},
    deprecatedSource: event.deprecatedSource ?? {},
    deprecatedFirstTimestamp: event.deprecatedFirstTimestamp ?? null,
    deprecatedLastTimestamp: event.deprecatedLastTimestamp ?? null,
  }),
  validate: validateNewEvent,
  columns: EVENT.columns,
  row: (event, clock) => EVENT.row(asOld(event) as unknown as Manifest, clock),
  selectable: Object.fromEntries(
    Object.entries(EVENT.selectable)
      .filter(([field]) => field !== 'source')
      .map(([field, read]) => [newPath(field), (event: NewEvent) => read(asOld(event) as unknown as Manifest)]),
  ),
});

function newPath(field: string): string {
  const [first = '', ...rest] = field.split('.');
  return [(RENAMED as Readonly<Record<string, string>>)[first] ?? first, ...rest].join('.');
}
