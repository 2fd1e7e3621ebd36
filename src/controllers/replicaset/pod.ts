import { controllerReference, REPLICA_SETS, type Pod, type PodTemplateSpec, type ReplicaSet } from '../../model/index.ts';

/** The server completes a generated name, of which it keeps this much. */
const LONGEST_BASE = 58;

/** A pod of the set's template; its name is the server's to choose. */
export function podOf(set: ReplicaSet): Pod {
  const { metadata, spec }: PodTemplateSpec = set.spec.template;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${set.metadata.name}-`.slice(0, LONGEST_BASE),
      namespace: set.metadata.namespace!,
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
      ownerReferences: [controllerReference(set, REPLICA_SETS)],
    },
    spec,
  };
}
