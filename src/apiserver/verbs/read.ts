import { StatusError } from '../../base/index.ts';
import type { Kind, Manifest } from '../../model/index.ts';
import type { Changed, Entry, Revision, Store } from '../../store/index.ts';
import type { Found, FoundList, ListQuery, Place, Seen, WatchQuery, Watching } from '../api.ts';
import { notFound } from '../refusals.ts';
import { collectionOf, keyOfPlace, stampRevision } from './place.ts';
import { present } from './present.ts';
import { selection, type Picks } from './select.ts';

export function getEntry(store: Store, place: Place): Entry & Found {
  const entry = store.get(keyOfPlace(place));
  if (!entry) throw notFound(place.kind, place.name!);
  return present(place.kind, entry);
}

const prefixOf = (place: Place) => collectionOf(place.kind, place.namespace);

export function listPlace(store: Store, place: Place, query: ListQuery): FoundList {
  checkVersion(store, query);
  const prefix = prefixOf(place);
  const picks = selection(place.kind, query);
  const after = query.continue ? readToken(query.continue, prefix) : undefined;
  const limit = query.limit || undefined;
  if (!picks) {
    const { entries, revision, next, remaining } = store.list(prefix, { limit, after });
    return {
      revision,
      items: presentAll(place, entries),
      ...(next ? { continue: writeToken(revision, prefix, next), remaining } : {}),
    };
  }
  const { entries, revision } = store.list(prefix, { after });
  const items: (Entry & Found)[] = [];
  for (const stored of entries) {
    const entry = present(place.kind, stored);
    if (!picks(entry.value)) continue;
    if (limit && items.length === limit) return { revision, items, continue: writeToken(revision, prefix, items.at(-1)!.key) };
    items.push(entry);
  }
  return { revision, items };
}

function presentAll({ kind }: Place, entries: readonly Entry[]): readonly (Entry & Found)[] {
  return kind.stored ? entries.map((entry) => present(kind, entry)) : (entries as readonly (Entry & Found)[]);
}

function checkVersion(store: Store, { resourceVersion, resourceVersionMatch, continue: token }: ListQuery): void {
  if (resourceVersionMatch) {
    if (!resourceVersion) throw new StatusError('BadRequest', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (token) throw new StatusError('BadRequest', 'resourceVersionMatch is forbidden when continue is provided');
  }
  const asked = parseRevision(resourceVersion);
  if (asked !== undefined && asked > store.revision) throw tooLarge(asked, store.revision);
}

function tooLarge(asked: Revision, current: Revision): StatusError {
  return new StatusError('Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

export function parseRevision(text: string | undefined): Revision | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw new StatusError('BadRequest', `invalid resource version ${JSON.stringify(text)}: it must be a number`);
  return Number(text);
}

/** A continue token names the last key that was given, below the collection. */
function writeToken(revision: Revision, prefix: string, last: string): string {
  return Buffer.from(JSON.stringify({ v: 'slipway/v1', rv: revision, after: last.slice(prefix.length) })).toString('base64url');
}

function readToken(token: string, prefix: string): string {
  try {
    const { v, after } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { v: string; after: string };
    if (v === 'slipway/v1' && typeof after === 'string') return prefix + after;
  } catch {
    // falls through to the refusal
  }
  throw new StatusError('BadRequest', 'continue key is not valid');
}

/** Events arrive in the writer's turn; `see` must only take note of them. */
export function watchPlace(store: Store, place: Place, query: WatchQuery, see: (event: Seen) => void): Watching {
  const prefix = prefixOf(place);
  const picks = selection(place.kind, place.name ? { ...query, fieldSelector: withName(query.fieldSelector, place.name) } : query);
  const from = parseRevision(query.resourceVersion);
  const startAnywhere = !from;
  let after = from ?? 0;
  if (startAnywhere || query.sendInitialEvents) {
    const { entries, revision } = store.list(prefix);
    for (const entry of presentAll(place, entries)) if (!picks || picks(entry.value)) see({ type: 'ADDED', found: entry });
    after = revision;
    if (query.sendInitialEvents && query.allowBookmarks) see({ type: 'BOOKMARK', revision, initialEventsEnd: true });
  }
  return store.watch(prefix, after, {
    changed: (change) => {
      const seen = seenThrough(place.kind, change, picks);
      if (seen) see(seen);
    },
    ended: (why) => {
      if (why !== 'closed') see({ type: 'ERROR', error: new StatusError('Expired', `too old resource version: ${after} (${why})`) });
    },
  });
}

const withName = (selector: string | undefined, name: string) => (selector ? `${selector},metadata.name=${name}` : `metadata.name=${name}`);

/** What a watcher with a selector sees of a change: an object that leaves the selection is DELETED for it. */
function seenThrough(kind: Kind, change: Changed, picks: Picks | undefined): Seen | undefined {
  const before = change.before && present(kind, change.before);
  const after = change.after && present(kind, change.after);
  const was = before && (!picks || picks(before.value));
  const is = after && (!picks || picks(after.value));
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', found: after };
  return was ? { type: 'DELETED', found: lastSeen(before, change.revision) } : undefined;
}

/** A deleted object is shown as it was, with the revision of its deletion. */
function lastSeen(before: Entry, revision: Revision): Found {
  const value = stampRevision(before.value, revision) as Manifest;
  let text: string | undefined;
  return {
    revision,
    value,
    get text() {
      return (text ??= JSON.stringify(value));
    },
  };
}
