/** Gives every namespace the ConfigMap with the certificate by which its pods know the API server. */
import { equalJson, isStatus } from '../../base/index.ts';
import { CONFIG_MAPS, NAMESPACES, type ConfigMap, type ObjectKey } from '../../model/index.ts';
import { on, SETTLED, type Controller } from '../loop.ts';
import { isNamespaceTerminating } from '../refusals.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP ' +
  'or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

export function rootCaController(rootCa: Promise<string>): Controller {
  return {
    name: 'root-ca-cert-publisher',
    component: 'root-ca-cert-publisher',
    reads: [NAMESPACES, CONFIG_MAPS],
    concurrency: 1,
    start: ({ client }) => {
      const namespaces = client.informer(NAMESPACES);
      const configMaps = client.informer(CONFIG_MAPS);
      return {
        triggers: [
          on(NAMESPACES, ({ after }) => (after ? [after.metadata.name] : [])),
          on(CONFIG_MAPS, ({ before, after }) => {
            const { name, namespace } = (after ?? before)!.metadata;
            return name === NAME ? [namespace!] : [];
          }),
        ],
        reconcile: async (namespace: ObjectKey) => {
          const live = namespaces.get(namespace);
          if (!live || live.metadata.deletionTimestamp) return SETTLED;
          const data = { 'ca.crt': await rootCa };
          const found = configMaps.get(`${namespace}/${NAME}`);
          if (found && equalJson(found.data, data)) return SETTLED;
          const metadata = { name: NAME, namespace, annotations: { 'kubernetes.io/description': DESCRIPTION } };
          try {
            if (found) await client.update<ConfigMap>(CONFIG_MAPS, { ...found, data });
            else await client.create<ConfigMap>(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
          } catch (error) {
            if (!isStatus(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error;
          }
          return SETTLED;
        },
      };
    },
  };
}
