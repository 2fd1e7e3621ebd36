import { getPath } from '../model/index.ts';
import { conditionWhere, degraded, healthy, progressing, wordsOf, type HealthRule } from './healthrule.ts';

const service: HealthRule = (object) => {
  if (getPath(object, ['spec', 'type']) !== 'LoadBalancer') return healthy;
  const addresses = getPath(object, ['status', 'loadBalancer', 'ingress']);
  return Array.isArray(addresses) && addresses.length > 0 ? healthy : progressing('waits for the address of its load balancer');
};

const claim: HealthRule = (object) => {
  const phase = getPath(object, ['status', 'phase']);
  if (phase === 'Bound') return healthy;
  return phase === 'Lost' ? degraded('its volume is lost') : progressing('waits for a volume');
};

const volume: HealthRule = (object) =>
  getPath(object, ['status', 'phase']) === 'Failed' ? degraded(String(getPath(object, ['status', 'message']) ?? 'failed')) : healthy;

const namespace: HealthRule = (object) =>
  getPath(object, ['status', 'phase']) === 'Terminating' ? progressing('is being deleted') : healthy;

const node: HealthRule = (object) => {
  const away = conditionWhere(object, 'Ready', 'False') ?? conditionWhere(object, 'Ready', 'Unknown');
  return away ? degraded(wordsOf(away)) : conditionWhere(object, 'Ready', 'True') ? healthy : progressing('has not reported yet');
};

const definition: HealthRule = (object) => {
  const refused = conditionWhere(object, 'NamesAccepted', 'False');
  if (refused) return degraded(wordsOf(refused));
  return conditionWhere(object, 'Established', 'True') ? healthy : progressing('is not served yet');
};

const autoscaler: HealthRule = (object) => {
  const broken = conditionWhere(object, 'AbleToScale', 'False') ?? conditionWhere(object, 'ScalingActive', 'False');
  return broken && broken.reason !== 'ScalingDisabled' ? degraded(wordsOf(broken)) : healthy;
};

export const clusterHealth: Readonly<Record<string, HealthRule>> = {
  '/Service': service,
  '/PersistentVolumeClaim': claim,
  '/PersistentVolume': volume,
  '/Namespace': namespace,
  '/Node': node,
  'apiextensions.k8s.io/CustomResourceDefinition': definition,
  'autoscaling/HorizontalPodAutoscaler': autoscaler,
};
