import type { KindRef, KubeObject } from '../meta/index.ts';
import type { Event, ObjectReference } from './core.ts';

/** events.k8s.io/v1 Event: the newer form of an event, the same stored object under other names. */
export interface NewEvent extends KubeObject {
  readonly regarding?: ObjectReference;
  readonly related?: ObjectReference;
  readonly note?: string;
  readonly reason?: string;
  readonly action?: string;
  readonly type?: string;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly reportingController?: string;
  readonly reportingInstance?: string;
  readonly deprecatedSource?: Event['source'];
  readonly deprecatedFirstTimestamp?: string | null;
  readonly deprecatedLastTimestamp?: string | null;
  readonly deprecatedCount?: number;
}

export const NEW_EVENTS: KindRef<NewEvent> = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};
