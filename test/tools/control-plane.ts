import { ManualClock, seededRandom } from '../../src/base/index.ts';
import { createApi, localClient, storeOptions, type Api, type ApiOptions } from '../../src/apiserver/index.ts';
import type { Client } from '../../src/client/index.ts';
import { BUILT_IN_KINDS, KindRegistry, NAMESPACES, type Kind } from '../../src/model/index.ts';
import { memoryStore, type Store, type StoreOptions } from '../../src/store/index.ts';

export interface ControlPlane {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly api: Api;
  /** Writes under the name `test`, checked as a person's writes are. */
  readonly client: Client;
  /** Writes as the control plane's own parts do. */
  readonly trusted: Client;
}

type Options = Pick<StoreOptions, 'history'> & Pick<ApiOptions, 'callWebhook'> & { readonly serves?: (kind: Kind) => boolean };

/** A store in memory, the verbs over it and a client, with the namespace `default`. */
export async function controlPlane({ callWebhook, serves = () => true, ...options }: Options = {}): Promise<ControlPlane> {
  const clock = new ManualClock();
  const store = memoryStore({ now: () => clock.now(), ...storeOptions(), ...options });
  const kinds = new KindRegistry(BUILT_IN_KINDS.filter(serves));
  const api = createApi({ store, kinds, clock, random: seededRandom(1), serviceCidr: '127.96.0.0/16', callWebhook });
  const client = localClient({ api, store, manager: 'test', trusted: false });
  const trusted = localClient({ api, store, manager: 'test', trusted: true });
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  return { clock, store, api, client, trusted };
}
