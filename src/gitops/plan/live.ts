import { isStatus } from '../../base/index.ts';
import type { Client, Informer } from '../../client/index.ts';
import { resourceName, type KubeObject, type Manifest } from '../../model/index.ts';
import type { Target } from '../desired/identity.ts';

/** The cluster as planning sees it. */
export interface Live {
  /** As a cache has it: enough to see that nothing changed, never to see that an object is absent. */
  glimpse(target: Target): Manifest | undefined;
  /** As it is now. Only a NotFound means absent; any other failure is thrown. */
  read(target: Target): Promise<Manifest | undefined>;
}

export function liveOf(client: Pick<Client, 'get'>, glimpse: Live['glimpse'] = () => undefined): Live {
  return {
    glimpse,
    read: async ({ kind, name, namespace }) => {
      try {
        return await client.get(kind, name, namespace);
      } catch (error) {
        if (isStatus(error, 'NotFound')) return undefined;
        throw error;
      }
    },
  };
}

/** Informers that are already open, by kind. */
export type OpenInformers = ReadonlyMap<string, Informer<KubeObject>>;

export function glimpseFrom(informers: OpenInformers): Live['glimpse'] {
  return ({ kind, namespace, name }) =>
    informers.get(resourceName(kind))?.get(namespace ? `${namespace}/${name}` : name) as Manifest | undefined;
}
