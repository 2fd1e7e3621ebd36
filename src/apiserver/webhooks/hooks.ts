import {
  MUTATING_WEBHOOK_CONFIGURATION,
  VALIDATING_WEBHOOK_CONFIGURATION,
  type Webhook,
  type WebhookConfiguration,
} from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import { collectionOf } from '../verbs/place.ts';

/** A webhook that is to be asked, before a version is validated or after. */
export interface Hook {
  readonly configuration: string;
  readonly webhook: Webhook;
}

export interface Hooks {
  readonly mutating: readonly Hook[];
  readonly validating: readonly Hook[];
}

const COLLECTIONS = {
  mutating: collectionOf(MUTATING_WEBHOOK_CONFIGURATION),
  validating: collectionOf(VALIDATING_WEBHOOK_CONFIGURATION),
};

/** What the configurations in the store say, from the same turn on in which one is written; undefined as long as there is none. */
export function followHooks(store: Store): () => Hooks | undefined {
  let hooks: Hooks | undefined;
  const read = () => {
    const [mutating, validating] = [hooksIn(store, COLLECTIONS.mutating), hooksIn(store, COLLECTIONS.validating)];
    hooks = mutating.length + validating.length > 0 ? { mutating, validating } : undefined;
  };
  const follow = (collection: string): void => {
    read();
    store.watch(collection, store.revision, {
      changed: read,
      ended: (why) => {
        if (why !== 'closed') follow(collection);
      },
    });
  };
  Object.values(COLLECTIONS).forEach(follow);
  return () => hooks;
}

/** By the names of their configurations, and in one configuration as they stand there. */
function hooksIn(store: Store, collection: string): readonly Hook[] {
  return store.list(collection).entries.flatMap(({ value }) => {
    const { metadata, webhooks = [] } = value as WebhookConfiguration;
    return webhooks.map((webhook) => ({ configuration: metadata.name, webhook }));
  });
}
