import type { Place, Seen, WatchQuery, Watching } from '../api.ts';
import type { Verbs } from './commit.ts';
import { watchPlace } from './read.ts';

/** A watch ends with the form of its kind that it began with: whoever comes back finds the next one, or none. */
export function watchServed({ store, kinds }: Verbs, place: Place, query: WatchQuery, see: (event: Seen) => void): Watching {
  const watching = watchPlace(store, place, query, see);
  const { stored } = place.kind;
  if (!stored) return watching;
  const following = kinds.follow(({ removed, added }) => {
    if (removed?.stored !== stored || added?.stored === stored) return;
    close();
    see({ type: 'END' });
  });
  const close = () => {
    following.close();
    watching.close();
  };
  return { close };
}
