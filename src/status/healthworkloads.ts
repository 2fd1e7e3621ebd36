import { getPath, type Manifest } from '../model/index.ts';
import {
  conditionWhere,
  countAt,
  degraded,
  healthy,
  isUnobserved,
  progressing,
  suspended,
  wordsOf,
  type HealthRule,
} from './healthrule.ts';
import { podHealth } from './healthpod.ts';

const NOT_OBSERVED = progressing('the last change has not been taken up yet');

function wantedReplicas(object: Manifest): number {
  return (getPath(object, ['spec', 'replicas']) as number | undefined) ?? 1;
}

/** As `kubectl rollout status` judges, and with the reason when pods cannot be made. */
const deployment: HealthRule = (object) => {
  if (isUnobserved(object)) return NOT_OBSERVED;
  if (getPath(object, ['spec', 'paused']) === true) return suspended('is paused');
  const stuck = conditionWhere(object, 'Progressing', 'False');
  if (stuck?.reason === 'ProgressDeadlineExceeded') return degraded(wordsOf(stuck));
  const failure = conditionWhere(object, 'ReplicaFailure', 'True');
  if (failure) return degraded(wordsOf(failure));
  const wanted = wantedReplicas(object);
  const [all, updated, available] = [
    countAt(object, 'status', 'replicas'),
    countAt(object, 'status', 'updatedReplicas'),
    countAt(object, 'status', 'availableReplicas'),
  ];
  if (updated < wanted) return progressing(`${updated} of ${wanted} new replicas have been updated`);
  if (all > updated) return progressing(`${all - updated} old replicas are pending termination`);
  if (available < updated) return progressing(`${available} of ${updated} updated replicas are available`);
  return healthy;
};

const replicaSet: HealthRule = (object) => {
  if (isUnobserved(object)) return NOT_OBSERVED;
  const failure = conditionWhere(object, 'ReplicaFailure', 'True');
  if (failure) return degraded(wordsOf(failure));
  const [wanted, available] = [wantedReplicas(object), countAt(object, 'status', 'availableReplicas')];
  return available < wanted ? progressing(`${available} of ${wanted} replicas are available`) : healthy;
};

const statefulSet: HealthRule = (object) => {
  if (isUnobserved(object)) return NOT_OBSERVED;
  const [wanted, ready] = [wantedReplicas(object), countAt(object, 'status', 'readyReplicas')];
  if (ready < wanted) return progressing(`${ready} of ${wanted} replicas are ready`);
  if (getPath(object, ['spec', 'updateStrategy', 'type']) === 'OnDelete') return healthy;
  const due = wanted - countAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
  const updated = countAt(object, 'status', 'updatedReplicas');
  const [current, update] = ['currentRevision', 'updateRevision'].map((field) => getPath(object, ['status', field]));
  return current !== update && updated < due ? progressing(`${updated} of ${due} replicas have been updated`) : healthy;
};

const daemonSet: HealthRule = (object) => {
  if (isUnobserved(object)) return NOT_OBSERVED;
  const wanted = countAt(object, 'status', 'desiredNumberScheduled');
  const updated = countAt(object, 'status', 'updatedNumberScheduled');
  if (getPath(object, ['spec', 'updateStrategy', 'type']) !== 'OnDelete' && updated < wanted)
    return progressing(`${updated} of ${wanted} new pods have been updated`);
  const available = countAt(object, 'status', 'numberAvailable');
  return available < wanted ? progressing(`${available} of ${wanted} pods are available`) : healthy;
};

const job: HealthRule = (object) => {
  const failed = conditionWhere(object, 'Failed', 'True') ?? conditionWhere(object, 'FailureTarget', 'True');
  if (failed) return degraded(wordsOf(failed));
  if (conditionWhere(object, 'Complete', 'True')) return healthy;
  if (getPath(object, ['spec', 'suspend']) === true) return suspended('is suspended');
  const wanted = getPath(object, ['spec', 'completions']) ?? 1;
  return progressing(`${countAt(object, 'status', 'succeeded')} of ${wanted} completions`);
};

const cronJob: HealthRule = (object) => (getPath(object, ['spec', 'suspend']) === true ? suspended('is suspended') : healthy);

export const workloadHealth: Readonly<Record<string, HealthRule>> = {
  'apps/Deployment': deployment,
  'apps/ReplicaSet': replicaSet,
  'apps/StatefulSet': statefulSet,
  'apps/DaemonSet': daemonSet,
  'batch/Job': job,
  'batch/CronJob': cronJob,
  '/Pod': podHealth,
  '/ReplicationController': replicaSet,
};
