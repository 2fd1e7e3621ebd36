import { equalJson, ownMember } from '../../base/index.ts';
import { getPath, NAMESPACES, resourceName, type FieldPath, type KindRef, type PodSpec } from '../../model/index.ts';
import { BASELINE, type Check } from './pod-security-baseline.ts';
import { RESTRICTED } from './pod-security-restricted.ts';
import type { AdmissionStep } from './step.ts';

const LABEL = 'pod-security.kubernetes.io/';

const LEVELS: Readonly<Record<string, readonly Check[]>> = { privileged: [], baseline: BASELINE, restricted: [...BASELINE, ...RESTRICTED] };

const TEMPLATE = ['spec', 'template', 'spec'];

const SPECS: Readonly<Record<string, FieldPath>> = {
  pods: ['spec'],
  podtemplates: ['template', 'spec'],
  replicationcontrollers: TEMPLATE,
  'deployments.apps': TEMPLATE,
  'replicasets.apps': TEMPLATE,
  'statefulsets.apps': TEMPLATE,
  'daemonsets.apps': TEMPLATE,
  'jobs.batch': TEMPLATE,
  'cronjobs.batch': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

/**
 * Warns of pods that a namespace's labels would not have. What is to be enforced is warned of too: nothing is refused yet,
 * and nobody should find out by accident.
 */
export const podSecurity: AdmissionStep = {
  name: 'PodSecurity',
  of: Object.keys(SPECS),
  judge: ({ kind, object, old }, around) => {
    const spec = specOf(kind, object);
    const { namespace } = object.metadata;
    if (!spec || !namespace || (old && equalJson(spec, specOf(kind, old)))) return [];
    const labels = around.find(NAMESPACES, namespace)?.metadata.labels ?? {};
    const said = (['enforce', 'warn'] as const).flatMap((mode) => {
      const level = labels[LABEL + mode];
      return level === undefined ? [] : violations(level, labels[`${LABEL}${mode}-version`] ?? 'latest', spec);
    });
    return [...new Set(said)];
  },
};

function specOf(kind: KindRef, object: object): PodSpec | undefined {
  const path = SPECS[resourceName(kind)];
  return path && (getPath(object, path) as PodSpec | undefined);
}

function violations(level: string, version: string, spec: PodSpec): readonly string[] {
  const found = (ownMember(LEVELS, level) ?? []).flatMap((check) => check(spec) ?? []);
  return found.length > 0 ? [`would violate PodSecurity "${level}:${version}": ${found.join(', ')}`] : [];
}
