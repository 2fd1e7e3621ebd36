import type { KubeObject } from '../../model/index.ts';
import type { StoreOptions } from '../../store/index.ts';
import { serviceIndexes } from './taken.ts';
import { stampRevision } from './place.ts';

/** How the API server wants its objects kept. */
export function storeOptions(): Pick<StoreOptions, 'stamp' | 'indexes' | 'sealed'> {
  return {
    stamp: stampRevision,
    indexes: {
      ...serviceIndexes,
      owner: (_key, value) => (value as KubeObject).metadata.ownerReferences?.map((owner) => owner.uid) ?? [],
    },
    sealed: (key) => key.startsWith('core/secrets/'),
  };
}
