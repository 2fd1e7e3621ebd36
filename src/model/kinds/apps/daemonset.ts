import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain } from '../../meta/index.ts';
import { DAEMON_SETS, type DaemonSet } from '../../types/index.ts';
import { invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, containerCells, countColumn, labelsCell, NAME, selectorCell, textColumn, wideColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { defaultTemplate } from '../defaulting/podspec.ts';
import { isZeroCount, validateAtMostAll, validateCountOrPercent, validateNotNegative } from '../rules/numbers.ts';
import { validateWorkload } from './workload.ts';
import { validateCollisions, validateCounts } from '../rules/status.ts';
import { templateWarnings } from '../rules/warnings.ts';

type Spec = DaemonSet['spec'];

const COUNTS = ['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable', 'collisionCount'] as const; // prettier-ignore

/** Counts the changes of the template, for clients older than the generation. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

export const DAEMON_SET = declareKind<DaemonSet>({
  ref: DAEMON_SETS,
  schema: { definition: 'apps.v1.DaemonSet' },
  name: dns1123Subdomain,
  shortNames: ['ds'],
  categories: ['all'],
  subresources: ['status'],
  defaults: (set) => withTemplateGeneration({ ...set, spec: defaultSpec(set.spec ?? {}) }, Math.max(1, templateGeneration(set))),
  initialStatus: () => ({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }),
  prepareUpdate: (set, old) => {
    const changed = !equalJson(set.spec.template, old.spec.template);
    return withTemplateGeneration(set, templateGeneration(old) + (changed ? 1 : 0));
  },
  validate: ({ spec }, old) => [
    ...validateWorkload(spec, 'DaemonSet', old?.spec),
    ...validateStrategy(spec.updateStrategy),
    ...validateNotNegative(spec.revisionHistoryLimit, ['spec', 'revisionHistoryLimit']),
  ],
  validateStatus: ({ status }, { status: old }) => [...validateCounts(status, COUNTS), ...validateCollisions(status, old)],
  warnings: templateWarnings,
  raisesGeneration: specChanged,
  columns: [
    NAME,
    ...['Desired', 'Current', 'Ready', 'Up-to-date', 'Available'].map(countColumn),
    textColumn('Node Selector'),
    AGE,
    ...['Containers', 'Images', 'Selector'].map(wideColumn),
  ],
  row: (set, clock) => {
    const { spec, status } = set;
    const { desiredNumberScheduled = 0, currentNumberScheduled = 0, numberReady = 0 } = status ?? {};
    const counts = [desiredNumberScheduled, currentNumberScheduled, numberReady];
    const { containers, nodeSelector } = spec.template.spec;
    return [
      set.metadata.name,
      ...counts,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      labelsCell(nodeSelector),
      ageOf(set, clock),
      ...containerCells(containers),
      selectorCell(spec.selector),
    ];
  },
});

function defaultSpec(spec: Spec): Spec {
  const type = spec.updateStrategy?.type ?? 'RollingUpdate';
  const rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...spec.updateStrategy?.rollingUpdate };
  return {
    ...spec,
    template: defaultTemplate(spec.template),
    updateStrategy: { ...spec.updateStrategy, type, ...(type === 'RollingUpdate' ? { rollingUpdate } : {}) },
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
  };
}

function templateGeneration({ metadata }: DaemonSet): number {
  return Number.parseInt(metadata.annotations?.[TEMPLATE_GENERATION] ?? '', 10) || 0;
}

function withTemplateGeneration(set: DaemonSet, generation: number): DaemonSet {
  const annotations = { ...set.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
  return { ...set, metadata: { ...set.metadata, annotations } };
}

function validateStrategy(strategy: Spec['updateStrategy']): FieldProblem[] {
  const path = ['spec', 'updateStrategy'];
  const { type, rollingUpdate } = strategy ?? {};
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') return [notSupported(path, strategy, ['RollingUpdate', 'OnDelete'])];
  if (!rollingUpdate) return [required([...path, 'rollingUpdate'])];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const unavailable = [...path, 'rollingUpdate', 'maxUnavailable'];
  const surge = [...path, 'rollingUpdate', 'maxSurge'];
  return [
    ...validateCountOrPercent(maxUnavailable, unavailable),
    ...validateCountOrPercent(maxSurge, surge),
    ...validateAtMostAll(maxUnavailable, unavailable),
    ...validateAtMostAll(maxSurge, surge),
    ...(isZeroCount(maxUnavailable) && isZeroCount(maxSurge) ? [required(unavailable, 'cannot be 0 when maxSurge is 0')] : []),
    ...(!isZeroCount(maxUnavailable) && !isZeroCount(maxSurge)
      ? [invalid(surge, maxSurge, 'may not be set when maxUnavailable is non-zero')]
      : []),
  ];
}
