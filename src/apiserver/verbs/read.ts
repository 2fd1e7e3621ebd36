import { StatusError } from '../../base/index.ts';
import type { Kind, Manifest } from '../../model/index.ts';
import type { Changed, Entry, Listing, Page, Revision, Store } from '../../store/index.ts';
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
  const { at, after } = query.continue ? readToken(query.continue, prefix) : { at: exactly(query) };
  const limit = query.limit || undefined;
  if (!picks) {
    const { entries, revision, next, remaining } = listOf(store, prefix, at, { limit, after });
    return {
      revision,
      items: presentAll(place, entries),
      ...(next ? { continue: writeToken(revision, prefix, next), remaining } : {}),
    };
  }
  const { entries, revision } = listOf(store, prefix, at, { after });
  const items: (Entry & Found)[] = [];
  for (const stored of entries) {
    const entry = present(place.kind, stored);
    if (!picks(entry.value)) continue;
    if (limit && items.length === limit) return { revision, items, continue: writeToken(revision, prefix, items.at(-1)!.key) };
    items.push(entry);
  }
  return { revision, items };
}

/** At the revision of the first page, so that all pages together are one list. */
function listOf(store: Store, prefix: string, at: Revision | undefined, page: Page): Listing {
  if (at === undefined) return store.list(prefix, page);
  const listing = store.listAt(prefix, at, page);
  if (listing) return listing;
  if (page.after === undefined) throw new StatusError('Expired', 'The resourceVersion for the provided list is too old.');
  throw new StatusError('Expired', PAGES_TOO_OLD, undefined, { continue: writeToken(INCONSISTENT, prefix, page.after) });
}

/** The one revision that a list without a token is wanted at. */
function exactly({ resourceVersion, resourceVersionMatch, limit }: ListQuery): Revision | undefined {
  const isExact = resourceVersionMatch === 'Exact' || (limit && !resourceVersionMatch);
  return (isExact && parseRevision(resourceVersion)) || undefined;
}

function presentAll({ kind }: Place, entries: readonly Entry[]): readonly (Entry & Found)[] {
  return kind.stored ? entries.map((entry) => present(kind, entry)) : (entries as readonly (Entry & Found)[]);
}

function checkVersion(store: Store, { resourceVersion, resourceVersionMatch, continue: token }: ListQuery): void {
  if (resourceVersionMatch) {
    if (!resourceVersion) throw new StatusError('BadRequest', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (token) throw new StatusError('BadRequest', 'resourceVersionMatch is forbidden when continue is provided');
    if (resourceVersionMatch === 'Exact' && resourceVersion === '0')
      throw new StatusError('BadRequest', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  if (token && resourceVersion && resourceVersion !== '0')
    throw new StatusError('BadRequest', 'specifying resource version is not allowed when using continue');
  const asked = parseRevision(resourceVersion);
  if (asked !== undefined && asked > store.revision) throw tooLarge(asked, store.revision);
}

function tooLarge(asked: Revision, current: Revision): StatusError {
  return new StatusError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

function parseRevision(text: string | undefined): Revision | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw new StatusError('BadRequest', `invalid resource version ${JSON.stringify(text)}: it must be a number`);
  return Number(text);
}

/** In a token: the rest as it is by then. */
const INCONSISTENT = -1;
const PAGES_TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the ' +
  'continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with ' +
  'the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the ' +
  'first chunk was returned and now may show up in the list.';

/** A continue token names the last key that was given, below the collection. */
function writeToken(revision: Revision, prefix: string, last: string): string {
  return Buffer.from(JSON.stringify({ v: 'slipway/v1', rv: revision, after: last.slice(prefix.length) })).toString('base64url');
}

function readToken(token: string, prefix: string): { at: Revision | undefined; after: string } {
  try {
    const { v, rv, after } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { v: string; rv: number; after: string };
    if (v === 'slipway/v1' && Number.isSafeInteger(rv) && typeof after === 'string')
      return { at: rv === INCONSISTENT ? undefined : rv, after: prefix + after };
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
  let after = from || store.revision;
  if (query.sendInitialEvents ?? !from) {
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

/** All who watch are told of the same end. */
const lastSights = new WeakMap<Entry, Found>();

/** The text with another revision. Before the revision stand only its type, its names and its uid: the first hit is the member. */
function restamped({ text, revision: was }: Entry, revision: Revision): string | undefined {
  const member = `"resourceVersion":"${was}"`;
  const at = text.indexOf(member);
  return at < 0 ? undefined : `${text.slice(0, at)}"resourceVersion":"${revision}"${text.slice(at + member.length)}`;
}

/** A deleted object is shown as it was, with the revision of its deletion. */
function lastSeen(before: Entry, revision: Revision): Found {
  const known = lastSights.get(before);
  if (known?.revision === revision) return known;
  let value: Manifest | undefined;
  let text: string | undefined;
  const found: Found = {
    revision,
    get value() {
      return (value ??= stampRevision(before.value, revision) as Manifest);
    },
    get text() {
      return (text ??= restamped(before, revision) ?? JSON.stringify(found.value));
    },
  };
  lastSights.set(before, found);
  return found;
}
