import { equalJson, isRecord } from '../../../base/index.ts';
import type { FieldPath } from '../../meta/index.ts';
import { forbidden, notFound, type FieldProblem } from '../../schema/problems.ts';
import type { EphemeralContainer, Pod } from '../../types/index.ts';
import type { ObjectPart } from '../kind.ts';
import { validateContainer, validateImages } from '../rules/container.ts';

const PATH = ['spec', 'ephemeralContainers'];

/** What lives on no promise and is never waited for. */
const NOT_FOR_DEBUGGING = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

/** They would be left behind until the pod ends. */
const NOT_TO_MOUNT_WITH = ['subPath', 'subPathExpr'] as const;

/** Containers to look inside a running pod: they are added, and stay. */
export const EPHEMERAL_CONTAINERS: ObjectPart<Pod> = {
  take: ({ spec }, old) => ({ ...old, spec: { ...old.spec, ephemeralContainers: spec.ephemeralContainers ?? [] } }),
  validate: (pod, old) => [...validateAll(pod), ...validateImages(containersOf(pod), PATH), ...validateKept(pod, old)],
};

const containersOf = ({ spec }: Pod): readonly EphemeralContainer[] => spec.ephemeralContainers ?? [];

function validateAll(pod: Pod): FieldProblem[] {
  const { spec } = pod;
  const others = [...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name);
  const names = new Set(others);
  return containersOf(pod).flatMap((container, i) => {
    const path = [...PATH, i];
    const target = container.targetContainerName;
    return [
      ...validateContainer(container, spec, names, path, true),
      ...(target && !others.includes(target) ? [notFound([...path, 'targetContainerName'], target)] : []),
      ...[...NOT_FOR_DEBUGGING.filter((field) => isSet(container[field])).map((field) => [field]), ...partsMounted(container)].map((at) =>
        forbidden([...path, ...at], 'cannot be set for an Ephemeral Container'),
      ),
    ];
  });
}

function isSet(value: unknown): boolean {
  return value !== undefined && !(isRecord(value) && Object.keys(value).length === 0);
}

function partsMounted({ volumeMounts = [] }: EphemeralContainer): readonly FieldPath[] {
  return volumeMounts.flatMap((mount, i) => NOT_TO_MOUNT_WITH.flatMap((field) => (mount[field] ? [['volumeMounts', i, field]] : [])));
}

function validateKept(pod: Pod, old: Pod): FieldProblem[] {
  return containersOf(old).flatMap((container) => {
    const now = containersOf(pod).find(({ name }) => name === container.name);
    if (now && equalJson(now, container)) return [];
    const what = now ? 'changed' : 'removed';
    return [forbidden(PATH, `existing ephemeral containers ${JSON.stringify(container.name)} may not be ${what}\n`)];
  });
}
