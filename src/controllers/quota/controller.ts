import { equalJson } from '../../base/index.ts';
import {
  keyOf,
  resourceName,
  RESOURCE_QUOTAS,
  type KindRef,
  type KubeObject,
  type Manifest,
  type ObjectKey,
  type Pod,
} from '../../model/index.ts';
import { isTerminal } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { indexNamespaces } from '../indexes.ts';
import { on, SETTLED, type Controller, type ServedKinds, type Trigger } from '../loop.ts';
import { onEachResource, resourcesOf } from '../served.ts';
import { counts, decideQuota } from './decide.ts';

export function quotaController(kinds: ServedKinds): Controller {
  const counted: ServedKinds = {
    all: () => kinds.all().filter(({ namespaced, plural }) => namespaced && plural !== 'events'),
    follow: (note) => kinds.follow(note),
  };
  return {
    name: 'resourcequota',
    reads: resourcesOf(counted),
    concurrency: 2,
    start: ({ client, clock }) => {
      const quotas = client.informer(RESOURCE_QUOTAS);
      const quotasIn = indexNamespaces(quotas);
      const onKind = (kind: KindRef<KubeObject>): Trigger => {
        const resource = resourceName(kind);
        return on(kind, ({ before, after }) => {
          if (isSameUse(resource, before, after)) return [];
          const known = quotasIn((after ?? before)!.metadata.namespace);
          return known.length > 0 ? known.filter((quota) => counts(quota, kind)).map(keyOf) : [];
        });
      };
      return {
        triggers: [on(RESOURCE_QUOTAS, ({ after }) => (after ? [keyOf(after)] : [])), onEachResource(counted, onKind)],
        reconcile: async (key: ObjectKey) => {
          const quota = quotas.get(key);
          if (!quota) return SETTLED;
          const objectsOf = (kind: KindRef) => client.informer(kind as KindRef<Manifest>).list(quota.metadata.namespace);
          const status = decideQuota(quota, resourcesOf(counted), objectsOf, clock.now());
          if (!equalJson(status, quota.status)) await client.updateStatus(RESOURCE_QUOTAS, { ...quota, status }).catch(ignoreNotFound);
          return SETTLED;
        },
      };
    },
  };
}

/** Of others it only counts how many there are. */
const MEASURED: ReadonlySet<string> = new Set(['pods', 'services', 'persistentvolumeclaims']);

/** What an object takes changes with its spec, and a claim's with its status, too; a pod's ends with its end. */
function isSameUse(resource: string, before: KubeObject | undefined, after: KubeObject | undefined): boolean {
  if (!before || !after || before.metadata.uid !== after.metadata.uid) return false;
  const [was, is] = [before as unknown as Manifest, after as unknown as Manifest];
  if (!MEASURED.has(resource)) return true;
  if (resource === 'pods' && isTerminal(before as Pod) !== isTerminal(after as Pod)) return false;
  return equalJson(was['spec'], is['spec']) && (resource !== 'persistentvolumeclaims' || equalJson(was['status'], is['status']));
}
