import { splitApiVersion, type HealthState, type KubeObject, type Manifest } from '../model/index.ts';
import { customHealth } from './healthcustom.ts';
import { clusterHealth } from './healthcluster.ts';
import { healthy, progressing, type Health, type HealthRule } from './healthrule.ts';
import { workloadHealth } from './healthworkloads.ts';

export type { Health } from './healthrule.ts';

const RULES: Readonly<Record<string, HealthRule>> = { ...workloadHealth, ...clusterHealth };

/** Groups of Kubernetes itself: a kind of theirs without a rule does nothing that could fail. */
const BUILT_IN = /^$|^(apps|batch|autoscaling|policy)$|\.k8s\.io$/;

/** How an object is, from what it says of itself. */
export function healthOf(object: KubeObject): Health {
  if (object.metadata.deletionTimestamp) return progressing('is being deleted');
  const { group } = splitApiVersion(object.apiVersion);
  const rule = RULES[`${group}/${object.kind}`] ?? (BUILT_IN.test(group) ? () => healthy : customHealth);
  return rule(object as Manifest);
}

/** From best to worst. */
const ORDER: readonly HealthState[] = ['Healthy', 'Suspended', 'Unknown', 'Progressing', 'Missing', 'Degraded'];

export function isWorse(a: HealthState, b: HealthState): boolean {
  return ORDER.indexOf(a) > ORDER.indexOf(b);
}
