import { identityOfTarget, type Identity, type Target } from './identity.ts';

/** Flux's order: what others need comes first; what is not listed stands between these and the webhooks. */
const FIRST = [
  'CustomResourceDefinition', 'Namespace', 'ClusterRole', 'ClusterClass', 'RuntimeClass', 'PriorityClass', 'StorageClass',
  'VolumeSnapshotClass', 'IngressClass', 'GatewayClass', 'ClusterRoleBinding', 'ResourceQuota', 'ServiceAccount', 'Role', 'RoleBinding',
  'ConfigMap', 'Secret', 'Service', 'LimitRange', 'PersistentVolume', 'PersistentVolumeClaim', 'Deployment', 'StatefulSet', 'CronJob',
  'PodDisruptionBudget',
]; // prettier-ignore
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

const RANK = new Map([...FIRST.map((kind, i) => [kind, i - FIRST.length] as const), ...LAST.map((kind, i) => [kind, i + 1] as const)]);

/** What is to be put in order; an identity that is known already is not made again for each comparison. */
export type Orderable = Target & { readonly identity?: Identity };

/** The one order in which objects are applied; they are pruned in the opposite one. */
export function byApplyOrder(a: Orderable, b: Orderable): number {
  const rank = (RANK.get(a.kind.kind) ?? 0) - (RANK.get(b.kind.kind) ?? 0);
  if (rank !== 0) return rank;
  const [left, right] = [a.identity ?? identityOfTarget(a), b.identity ?? identityOfTarget(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
