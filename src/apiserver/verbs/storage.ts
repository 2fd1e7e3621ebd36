import { EVENTS, SECRETS } from '../../model/index.ts';
import type { StoreOptions } from '../../store/index.ts';
import { collectionOf, stampRevision } from './place.ts';
import { serviceIndexes } from './taken.ts';

const [events, secrets] = [collectionOf(EVENTS), collectionOf(SECRETS)];

/** How the API server wants its objects kept. */
export function storeOptions(): Pick<StoreOptions, 'stamp' | 'indexes' | 'textless' | 'sealed'> {
  return {
    stamp: stampRevision,
    indexes: serviceIndexes,
    textless: (key) => key.startsWith(events),
    sealed: (key) => key.startsWith(secrets),
  };
}
