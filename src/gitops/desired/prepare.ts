import { SYSTEM_NAMESPACE, type KindRef, type Manifest, type ObjectMeta } from '../../model/index.ts';
import { isApplication } from './declared.ts';

/** Names the application that an object belongs to. A label of the object alone: no selector and no pod template sees it. */
export const APPLICATION_LABEL = 'slipway.dev/application';

/** What only the cluster decides: a manifest that was exported from one brings it along. */
const CLUSTER_OWNED = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);

export interface Destination {
  readonly application: string;
  /** Of namespaced objects that name none. */
  readonly namespace: string;
}

/** The manifest as it is applied: without the cluster's own fields, with a namespace where there is one, and marked as ours. */
export function prepare(manifest: Manifest, kind: KindRef, { application, namespace }: Destination): Manifest {
  const { status: _status, metadata, ...content } = manifest;
  const kept = Object.fromEntries(
    Object.entries(metadata).filter(([name, value]) => !CLUSTER_OWNED.has(name) && name !== 'namespace' && value !== null),
  );
  return {
    ...content,
    metadata: {
      ...(kept as unknown as ObjectMeta),
      ...(kind.namespaced ? { namespace: metadata.namespace || (isApplication(manifest) ? SYSTEM_NAMESPACE : namespace) } : {}),
      labels: { ...metadata.labels, [APPLICATION_LABEL]: application },
    },
  } as Manifest;
}
