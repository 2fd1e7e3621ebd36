import {
  MUTATING_WEBHOOK_CONFIGURATION,
  VALIDATING_WEBHOOK_CONFIGURATION,
  type Webhook,
  type WebhookConfiguration,
} from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import { followed } from '../followed.ts';
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

/** What the configurations in the store say; undefined as long as there is none. */
export const followHooks = (store: Store): (() => Hooks | undefined) =>
  followed(store, Object.values(COLLECTIONS), () => {
    const [mutating, validating] = [hooksIn(store, COLLECTIONS.mutating), hooksIn(store, COLLECTIONS.validating)];
    return mutating.length + validating.length > 0 ? { mutating, validating } : undefined;
  });

/** By the names of their configurations, and in one configuration as they stand there. */
function hooksIn(store: Store, collection: string): readonly Hook[] {
  return store.list(collection).entries.flatMap(({ value }) => {
    const { metadata, webhooks = [] } = value as WebhookConfiguration;
    return webhooks.map((webhook) => ({ configuration: metadata.name, webhook }));
  });
}
