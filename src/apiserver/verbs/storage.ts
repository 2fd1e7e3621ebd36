import { EVENTS, SECRETS } from '../../model/index.ts';
import type { StoreOptions } from '../../store/index.ts';
import { collectionOf, stampRevision } from './place.ts';
import { serviceIndexes } from './taken.ts';
import { textOf } from './text.ts';

const [events, secrets] = [collectionOf(EVENTS), collectionOf(SECRETS)];

/** How the API server wants its objects kept. */
export function storeOptions(): Pick<StoreOptions, 'stamp' | 'write' | 'indexes' | 'textless' | 'sealed'> {
  return {
    stamp: stampRevision,
    write: textOf,
    indexes: serviceIndexes,
    textless: (key) => key.startsWith(events),
    sealed: (key) => key.startsWith(secrets),
  };
}
