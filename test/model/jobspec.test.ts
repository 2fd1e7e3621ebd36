import { describe, expect, test } from 'vitest';
import { formatPath, type Manifest } from '../../src/model/index.ts';
import { registry } from './oracle.ts';

const JOB = registry.byApiVersion('batch/v1', 'Job')!;
const CRON_JOB = registry.byApiVersion('batch/v1', 'CronJob')!;
const containers = [{ name: 'main', image: 'i:1' }];
const initContainers = [{ name: 'before', image: 'i:1' }];
const template = { spec: { restartPolicy: 'Never', containers, initContainers } };
const metadata = { name: 'x', namespace: 'default' };

function problemsOf({ name = 'x', ...spec }: { name?: string }): string[] {
  const object = { apiVersion: 'batch/v1', kind: 'Job', metadata: { ...metadata, name }, spec: { template, ...spec } };
  const made = JOB.prepareCreate(JOB.defaults(object as unknown as Manifest));
  return JOB.validate(made).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

const indexed = { completionMode: 'Indexed', completions: 5 };
const failing = (...rules: object[]) => ({ podFailurePolicy: { rules } });
const onCodes = (onExitCodes: object) => failing({ action: 'FailJob', onExitCodes: { operator: 'In', values: [1], ...onExitCodes } });
const onConditions = [{ type: 'DisruptionTarget', status: 'True' }];
const onConditionsOnly = failing({ action: 'Ignore', onPodConditions: onConditions });
const succeeding = (...rules: object[]) => ({ ...indexed, successPolicy: { rules } });
const RULE = 'spec.podFailurePolicy.rules[0]';
const CODES = `${RULE}.onExitCodes`;
const SUCCESS = 'spec.successPolicy.rules';
const parsing = (text: string, why: string) =>
  `${SUCCESS}[0].succeededIndexes: Invalid value: "${text}": error parsing succeededIndexes: ${why}`;

describe('a job is refused', () => {
  test.each<[name: string, spec: object, problems: string[]]>([
    ['an index that fails without a limit of its own', failing({ action: 'FailIndex', onPodConditions: onConditions }), [`${RULE}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`]],
    ['something else to do', failing({ action: 'Retry', onPodConditions: onConditions }), [`${RULE}.action: Unsupported value: "Retry": supported values: "Count", "FailIndex", "FailJob", "Ignore"`]],
    ['nothing to do', failing({ onPodConditions: onConditions }), [`${RULE}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`]],
    ['a rule for no occasion', failing({ action: 'FailJob' }), [`${RULE}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`]],
    ['a rule for two', failing({ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] }, onPodConditions: onConditions }), [`${RULE}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`]],
    ['codes that are compared otherwise', onCodes({ operator: 'Gt' }), [`${CODES}.operator: Unsupported value: "Gt": supported values: "In", "NotIn"`]],
    ['no codes', onCodes({ values: [] }), [`${CODES}.values: Invalid value: []: at least one value is required`]],
    ['codes without order', onCodes({ values: [2, 1] }), [`${CODES}.values: Invalid value: [2,1]: must be ordered`]],
    ['a code twice', onCodes({ values: [1, 1] }), [`${CODES}.values[1]: Duplicate value: 1`]],
    ['the code of success as a failure', onCodes({ values: [0, 1] }), [`${CODES}.values[0]: Invalid value: 0: must not be 0 for the In operator`]],
    ['more codes than there are', onCodes({ values: Array.from({ length: 256 }, (_, i) => i + 1) }), [`${CODES}.values: Too many: 256: must have at most 255 items`]],
    ['a container that is not there', onCodes({ containerName: 'other' }), [`${CODES}.containerName: Invalid value: "other": must be one of the container or initContainer names in the pod template`]],
    ['a condition that is neither true nor false', failing({ action: 'Ignore', onPodConditions: [{ type: 'Ready', status: 'Maybe' }] }), [`${RULE}.onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"`]],
    ['more rules of failure than twenty', failing(...Array.from({ length: 21 }, () => ({ action: 'Ignore', onPodConditions: onConditions }))), ['spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items']],
    ['success by indexes without indexes', { successPolicy: { rules: [{ succeededCount: 1 }] } }, ['spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: requires indexed completion mode']],
    ['success without rules', succeeding(), [`${SUCCESS}: Required value: at least one rules must be specified when the successPolicy is specified`]],
    ['a rule of success that says nothing', succeeding({}), [`${SUCCESS}[0]: Required value: at least one of succeededCount or succeededIndexes must be specified`]],
    ['more than there is to succeed', succeeding({ succeededCount: 6 }), [`${SUCCESS}[0].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)`]],
    ['more than the indexes that it names', succeeding({ succeededCount: 4, succeededIndexes: '0,2-3' }), [`${SUCCESS}[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of indexes in the specified succeededIndexes field)`]],
    ['less than nothing', succeeding({ succeededCount: -1 }), [`${SUCCESS}[0].succeededCount: Invalid value: -1: must be greater than or equal to 0`]],
    ['an index beyond the last', succeeding({ succeededIndexes: '1,5' }), [parsing('1,5', 'too large index: "5"')]],
    ['indexes without order', succeeding({ succeededIndexes: '2-3,1' }), [parsing('2-3,1', 'non-increasing order, previous: 3, current: 1')]],
    ['an index that is no number', succeeding({ succeededIndexes: '1,a' }), [parsing('1,a', 'cannot convert string to integer for index: "a"')]],
    ['an interval with three ends', succeeding({ succeededIndexes: '1-2-3' }), [parsing('1-2-3', `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`)]],
    ['a limit for each index where there are none', { backoffLimitPerIndex: 1 }, ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode']],
    ['a limit of failed indexes where there are none', { backoffLimitPerIndex: 1, maxFailedIndexes: 1 }, ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode', 'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode']],
    ['failed indexes without a limit for each', { ...indexed, maxFailedIndexes: 1 }, ['spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified']],
    ['more failed indexes than there are', { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 6 }, ['spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions']],
    ['very many indexes that may all fail', { ...indexed, completions: 100_001, backoffLimitPerIndex: 1 }, ['spec.maxFailedIndexes: Required value: must be specified when completions is above 100000']],
    ['too many at once of very many', { ...indexed, completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1, maxFailedIndexes: 1 }, ['spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index']],
    ['indexes that make its name too long for a host', { ...indexed, completions: 1e9, name: 'x'.repeat(54) }, [`metadata.name: Invalid value: "${'x'.repeat(54)}": will not able to create pod with invalid DNS label: ${'x'.repeat(54)}-999999999`]],
    ['pods replaced in a way that is none', { podReplacementPolicy: 'Never' }, ['spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"']],
    ['pods replaced before their end, where that is judged', { ...onConditionsOnly, podReplacementPolicy: 'TerminatingOrFailed' }, ['spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"']],
    ['a manager without a domain', { managedBy: 'me' }, ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")']],
    ['a manager without a name', { managedBy: '' }, ['spec.managedBy: Required value']],
    ['a manager of a long name', { managedBy: `acme.io/${'x'.repeat(56)}` }, ['spec.managedBy: Too long: may not be more than 63 bytes']],
  ])('%s', (_, spec, problems) => {
    expect(problemsOf(spec)).toEqual(problems);
  }); // prettier-ignore
});

describe('a job is taken', () => {
  test.each<[name: string, spec: object]>([
    ['with an index that fails by its own limit', { ...indexed, backoffLimitPerIndex: 1, ...failing({ action: 'FailIndex', onPodConditions: onConditions }) }],
    ['with codes of one of its containers', onCodes({ containerName: 'main', values: [1, 42] })],
    ['with codes of an init container', onCodes({ containerName: 'before' })],
    ['with every failure but success', onCodes({ operator: 'NotIn', values: [0] })],
    ['with a condition that is true unless it says otherwise', failing({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] })],
    ['with some of the indexes that it names', succeeding({ succeededIndexes: '0,2-4', succeededCount: 2 })],
    ['with all of them', succeeding({ succeededIndexes: '0,2-4', succeededCount: 4 })],
    ['with any so many', succeeding({ succeededCount: 5 })],
    ['with a manager of its own', { managedBy: 'acme.io/queue' }],
  ])('%s', (_, spec) => {
    expect(problemsOf(spec)).toEqual([]);
  }); // prettier-ignore
});

function problemsOfCron(jobSpec: object): string[] {
  const spec = { schedule: '* * * * *', jobTemplate: { spec: { template, ...jobSpec } } };
  const made = CRON_JOB.prepareCreate(
    CRON_JOB.defaults({ apiVersion: 'batch/v1', kind: 'CronJob', metadata, spec } as unknown as Manifest),
  );
  return CRON_JOB.validate(made).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

describe('the jobs of a cron job', () => {
  test('are refused for the same', () => {
    expect(problemsOfCron(onCodes({ values: [2, 1] }))).toEqual([
      'spec.jobTemplate.spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,1]: must be ordered',
    ]);
  });

  test('cannot say how their pods are found', () => {
    const selector = { matchLabels: { a: 'b' } };
    expect(problemsOfCron({ selector, manualSelector: true })).toEqual([
      'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ]);
  });

  test('have conditions that are true unless they say otherwise', () => {
    expect(problemsOfCron(failing({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }))).toEqual([]);
  });
});
