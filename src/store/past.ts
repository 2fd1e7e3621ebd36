import type { StoredEntry } from './entry.ts';
import type { StoredChange } from './history.ts';
import type { Listed, State } from './state.ts';
import type { Key, Page } from './store.ts';

/** What a list showed before some changes: each key that they touch is as it was before the first of them. */
export function listBefore(
  changes: readonly StoredChange[],
  state: State,
  now: number,
  prefix: string,
  { limit, after = '' }: Page = {},
): Listed {
  const past = new Map<Key, StoredEntry | undefined>();
  for (const { key, before } of changes) if (key > after && key.startsWith(prefix) && !past.has(key)) past.set(key, before);
  // As many more as the past may take out of them, and one that tells whether more follow.
  const present = state.list(prefix, { after, ...(limit && { limit: limit + past.size + 1 }) });
  const back = [...past.values()].filter((entry) => entry !== undefined && (entry.expiresAt ?? Infinity) > now) as StoredEntry[];
  const gone = [...past.keys()].filter((key) => state.get(key)).length;
  const all = present.entries.length + (present.remaining ?? 0) - gone + back.length;
  const untouched = present.entries.filter(({ key }) => !past.has(key));
  const entries = [...untouched, ...back].toSorted((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit || undefined);
  return all > entries.length ? { entries, next: entries.at(-1)!.key, remaining: all - entries.length } : { entries };
}
