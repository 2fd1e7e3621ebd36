import { describe, expect, test } from 'vitest';
import { formatPath, type Manifest } from '../../src/model/index.ts';
import { registry } from './oracle.ts';

const JOB = registry.byApiVersion('batch/v1', 'Job')!;

const START = '2026-01-01T00:00:00Z';
const END = '2026-01-01T00:01:00Z';
const are = (...types: string[]) => types.map((type) => ({ type, status: 'True' }));
const done = { startTime: START, completionTime: END, conditions: are('SuccessCriteriaMet', 'Complete') };
const failed = { startTime: START, conditions: are('FailureTarget', 'Failed') };
const indexed = { completionMode: 'Indexed', completions: 5, parallelism: 1 };
const CONDITIONS = 'status.conditions: Invalid value: cannot';

/** What is said of a job that was `old` and is now said to be `status`. */
function saidOfJob(spec: object, old: object, status: object): string[] {
  const job = (said: object) =>
    ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' }, spec, status: said }) as unknown as Manifest;
  return JOB.validateStatus(job(status), job(old)).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

describe('a written status of a job', () => {
  test.each<[name: string, spec: object, old: object, status: object, problems: string[]]>([
    ['is done', {}, { startTime: START }, done, []],
    ['has failed', {}, { startTime: START }, failed, []],
    ['counts nothing below zero', {}, {}, { active: -1 }, ['status.active: Invalid value: -1: must be greater than or equal to 0']],
    ['counts no more ready pods than active ones', {}, {}, { active: 1, ready: 2 }, ['status.ready: Invalid value: 2: cannot set more ready pods than active']],
    ['lists no pod twice', {}, {}, { uncountedTerminatedPods: { succeeded: ['a'], failed: ['a', ''] } }, ['status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"', 'status.uncountedTerminatedPods.failed[1]: Invalid value: "": must not be empty']],
    ['is not done and failed', {}, { startTime: START }, { ...done, conditions: are('SuccessCriteriaMet', 'Complete', 'FailureTarget', 'Failed') }, [`${CONDITIONS} set Complete=True and Failed=true conditions`, `${CONDITIONS} set Complete=True and FailureTarget=true conditions`, `${CONDITIONS} set SuccessCriteriaMet=True and Failed=true conditions`, `${CONDITIONS} set SuccessCriteriaMet=True and FailureTarget=true conditions`]],
    ['is not done unannounced', {}, { startTime: START }, { ...done, conditions: are('Complete') }, [`${CONDITIONS} set Complete=True condition without the SuccessCriteriaMet=true condition`]],
    ['has not failed unannounced', {}, { startTime: START }, { ...failed, conditions: are('Failed') }, [`${CONDITIONS} set Failed=True condition without the FailureTarget=true condition`]],
    ['stays done', {}, done, { startTime: START }, [`${CONDITIONS} disable the terminal Complete=True condition`, `${CONDITIONS} disable the SuccessCriteriaMet=True condition`]],
    ['stays failed', {}, failed, { startTime: START }, [`${CONDITIONS} disable the terminal Failed=True condition`, `${CONDITIONS} disable the terminal FailureTarget=True condition`]],
    ['has an end with its being done', {}, { startTime: START }, { ...done, completionTime: undefined }, ['status.completionTime: Required value: completionTime is required for Complete jobs']],
    ['has no end before', {}, { startTime: START }, { startTime: START, completionTime: END }, [`status.completionTime: Invalid value: "${END}": cannot set completionTime when there is no Complete=True condition`]],
    ['does not end before it starts', {}, {}, { ...done, startTime: END, completionTime: START }, [`status.completionTime: Invalid value: "${START}": must be equal to or after \`startTime\``]],
    ['ends once', {}, done, { ...done, completionTime: '2026-01-01T00:02:00Z' }, ['status.completionTime: Invalid value: "2026-01-01T00:02:00Z": field is immutable']],
    ['keeps its start', {}, { startTime: START }, {}, ['status.startTime: Required value: startTime cannot be removed for unsuspended job']],
    ['loses its start when it is suspended', { suspend: true }, { startTime: START }, {}, []],
    ['starts anew when it is resumed', {}, { startTime: START, conditions: are('Suspended') }, { startTime: END, conditions: [{ type: 'Suspended', status: 'False' }] }, []],
    ['is finished only after a start', {}, {}, { ...failed, startTime: undefined }, ['status.startTime: Required value: startTime is required for finished job']],
    ['is finished without one where it never had to', { suspend: true, completions: 0 }, {}, { ...done, startTime: undefined }, []],
    ['is finished without pods that go on', {}, { startTime: START }, { ...failed, active: 1, terminating: 1, uncountedTerminatedPods: { failed: ['a'] } }, ['status.active: Invalid value: 1: active>0 is invalid for finished job', 'status.uncountedTerminatedPods: Invalid value: {"failed":["a"]}: must be empty for finished job', 'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job']],
    ['may stay wrong where nothing of it is new', {}, { ...failed, active: 1 }, { ...failed, active: 1, failed: 1 }, []],
    ['names indexes below its completions', indexed, {}, { completedIndexes: '1,5' }, ['status.completedIndexes: Invalid value: "1,5": error parsing completedIndexes: too large index: "5"']],
    ['names no index as done and failed', { ...indexed, backoffLimitPerIndex: 1 }, {}, { completedIndexes: '0-2,4', failedIndexes: '2-3' }, ['status.failedIndexes: Invalid value: "2-3": failedIndexes and completedIndexes overlap at index: 2']],
    ['names failed and done indexes side by side', { ...indexed, backoffLimitPerIndex: 1 }, {}, { completedIndexes: '0,2,4', failedIndexes: '1,3' }, []],
    ['names no failed index without a limit for each', indexed, {}, { failedIndexes: '' }, ['status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null']],
    ['names no index where there are none', {}, {}, { completedIndexes: '1' }, ['status.completedIndexes: Invalid value: "1": cannot set non-empty completedIndexes when non-indexed completion mode']],
    ['forgets no pod that ended', {}, { succeeded: 2, failed: 2 }, { succeeded: 1, failed: 1 }, ['status.failed: Invalid value: 1: cannot decrease the failed counter', 'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter']],
    ['shrinks with its indexes', { ...indexed, parallelism: 5 }, { succeeded: 5, completedIndexes: '0-4' }, { succeeded: 4, completedIndexes: '0-3' }, []],
  ])('%s', (_, spec, old, status, problems) => {
    expect(saidOfJob(spec, old, status)).toEqual(problems);
  }); // prettier-ignore
});

const BELOW_ZERO = 'Invalid value: -1: must be greater than or equal to 0';
const TOO_MANY = 'Invalid value: 2: cannot be greater than';
const ONE_OF = { replicas: 1, readyReplicas: 2, availableReplicas: 2 };

describe('a written status', () => {
  test.each<[apiVersion: string, kind: string, status: object, problems: string[], old?: object]>([
    ['apps/v1', 'Deployment', { replicas: 2, updatedReplicas: 1, readyReplicas: 2, availableReplicas: 1, unavailableReplicas: 1 }, []],
    ['apps/v1', 'Deployment', { replicas: -1, terminatingReplicas: -1 }, [`status.replicas: ${BELOW_ZERO}`, `status.terminatingReplicas: ${BELOW_ZERO}`]],
    ['apps/v1', 'Deployment', { ...ONE_OF, updatedReplicas: 2 }, ['updated', 'ready', 'available'].map((which) => `status.${which}Replicas: ${TOO_MANY} status.replicas`)],
    ['apps/v1', 'Deployment', { replicas: 2, readyReplicas: 1, availableReplicas: 2 }, [`status.availableReplicas: ${TOO_MANY} readyReplicas`]],
    ['apps/v1', 'Deployment', {}, ['status.collisionCount: Invalid value: 0: cannot be decremented'], { collisionCount: 1 }],
    ['apps/v1', 'ReplicaSet', { replicas: 1, fullyLabeledReplicas: 2 }, [`status.fullyLabeledReplicas: ${TOO_MANY} status.replicas`]],
    ['v1', 'ReplicationController', ONE_OF, ['ready', 'available'].map((which) => `status.${which}Replicas: ${TOO_MANY} status.replicas`)],
    ['apps/v1', 'StatefulSet', { replicas: 2, readyReplicas: 1, availableReplicas: 2, currentReplicas: -1 }, [`status.currentReplicas: ${BELOW_ZERO}`, `status.availableReplicas: ${TOO_MANY} status.readyReplicas`]],
    ['apps/v1', 'DaemonSet', { currentNumberScheduled: 0, numberMisscheduled: -1, desiredNumberScheduled: 0, numberReady: 5 }, [`status.numberMisscheduled: ${BELOW_ZERO}`]],
    ['policy/v1', 'PodDisruptionBudget', { disruptionsAllowed: -1, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }, [`status.disruptionsAllowed: ${BELOW_ZERO}`]],
    ['autoscaling/v2', 'HorizontalPodAutoscaler', { desiredReplicas: -1, currentReplicas: 1 }, [`status.desiredReplicas: ${BELOW_ZERO}`]],
  ])('of %s %s: %j', (apiVersion, kind, status, problems, old = {}) => {
    const found = registry.byApiVersion(apiVersion, kind)!;
    const object = (said: object) => ({ apiVersion, kind, metadata: { name: 'x' }, spec: {}, status: said }) as unknown as Manifest;
    expect(found.validateStatus(object(status), object(old)).map(({ path, message }) => `${formatPath(path)}: ${message}`)).toEqual(problems);
  }); // prettier-ignore
});

test('where an Ingress is reached is an address or a name', () => {
  const kind = registry.byApiVersion('networking.k8s.io/v1', 'Ingress')!;
  const said = (...ingress: object[]) => {
    const object = { metadata: { name: 'x' }, spec: {}, status: { loadBalancer: { ingress } } } as unknown as Manifest;
    return kind.validateStatus(object, object).map(({ path, message }) => `${formatPath(path)}: ${message}`);
  };
  expect(said({ ip: '10.0.0.1' }, { hostname: 'a.b' }, { ip: '2001:db8::1' })).toEqual([]);
  expect(said({ ip: 'x' }, { hostname: '10.0.0.1' })).toEqual([
    'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ]);
});
