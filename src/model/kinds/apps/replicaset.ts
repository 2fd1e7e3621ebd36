import { dns1123Subdomain } from '../../meta/index.ts';
import { REPLICA_SETS, type ReplicaSet } from '../../types/index.ts';
import { AGE, ageOf, containerCells, countColumn, NAME, selectorCell, wideColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { defaultTemplate } from '../defaulting/podspec.ts';
import { validateReplicaStatus, validateWorkload } from './workload.ts';
import { workloadWarnings } from '../rules/warnings.ts';

export const REPLICA_SET = declareKind<ReplicaSet>({
  ref: REPLICA_SETS,
  schema: { definition: 'apps.v1.ReplicaSet' },
  name: dns1123Subdomain,
  shortNames: ['rs'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  scale: { replicas: ['spec', 'replicas'], statusReplicas: ['status', 'replicas'], selector: ['spec', 'selector'] },
  defaults: (set) => ({ ...set, spec: { ...set.spec, replicas: set.spec?.replicas ?? 1, template: defaultTemplate(set.spec?.template) } }),
  initialStatus: () => ({ replicas: 0 }),
  validate: ({ spec }, old) => validateWorkload(spec, 'ReplicaSet', old?.spec),
  validateStatus: ({ status }) => validateReplicaStatus(status),
  warnings: workloadWarnings,
  raisesGeneration: specChanged,
  columns: [NAME, ...['Desired', 'Current', 'Ready'].map(countColumn), AGE, ...['Containers', 'Images', 'Selector'].map(wideColumn)],
  row: (set, clock) => {
    const { spec, status = {} } = set;
    const counts = [spec.replicas ?? 0, status.replicas ?? 0, status.readyReplicas ?? 0];
    return [set.metadata.name, ...counts, ageOf(set, clock), ...containerCells(spec.template.spec.containers), selectorCell(spec.selector)];
  },
  selectable: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
});
