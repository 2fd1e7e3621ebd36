import { silentLog, type Log } from '../base/index.ts';
import { MemoryDurability } from './durability.ts';
import { History } from './history.ts';
import { RevisionedStore } from './revisioned.ts';
import { State } from './state.ts';
import type { Store, StoreOptions } from './store.ts';

/** A store that lives as long as the process. */
export function memoryStore(options: StoreOptions & { readonly log?: Log }): Store {
  const state = new State(options.indexes ?? {}, options.now);
  const beginning = { revision: 0, state, history: new History(0, options.history) };
  return new RevisionedStore(options, options.log ?? silentLog, beginning, new MemoryDurability(0));
}
