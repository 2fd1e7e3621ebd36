import type { StoreOptions } from '../../store/index.ts';
import { serviceIndexes } from './taken.ts';
import { stampRevision } from './place.ts';

/** How the API server wants its objects kept. */
export function storeOptions(): Pick<StoreOptions, 'stamp' | 'indexes' | 'textless' | 'sealed'> {
  return {
    stamp: stampRevision,
    indexes: serviceIndexes,
    textless: (key) => key.startsWith('core/events/'),
    sealed: (key) => key.startsWith('core/secrets/'),
  };
}
