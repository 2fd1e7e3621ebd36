import { equalJson } from '../../../base/index.ts';
import { forbidden, notFound, type FieldProblem } from '../../schema/problems.ts';
import type { EphemeralContainer, Pod } from '../../types/index.ts';
import type { ObjectPart } from '../kind.ts';
import { validateContainer } from '../rules/container.ts';

const PATH = ['spec', 'ephemeralContainers'];

/** What lives on no promise and is never waited for. */
const NOT_FOR_DEBUGGING = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const;

/** Containers to look inside a running pod: they are added, and stay. */
export const EPHEMERAL_CONTAINERS: ObjectPart<Pod> = {
  take: ({ spec }, old) => ({ ...old, spec: { ...old.spec, ephemeralContainers: spec.ephemeralContainers ?? [] } }),
  validate: (pod, old) => [...validateAll(pod), ...validateKept(pod, old)],
};

const containersOf = ({ spec }: Pod): readonly EphemeralContainer[] => spec.ephemeralContainers ?? [];

function validateAll(pod: Pod): FieldProblem[] {
  const { spec } = pod;
  const others = [...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name);
  const names = new Set(others);
  return containersOf(pod).flatMap((container, i) => {
    const path = [...PATH, i];
    const target = container.targetContainerName;
    const set = NOT_FOR_DEBUGGING.filter((field) => container[field] !== undefined);
    const hasResources = Object.keys(container.resources ?? {}).length > 0;
    return [
      ...validateContainer(container, spec, names, path, true),
      ...(target && !others.includes(target) ? [notFound([...path, 'targetContainerName'], target)] : []),
      ...[...set, ...(hasResources ? ['resources'] : [])].map((field) =>
        forbidden([...path, field], 'cannot be set for an Ephemeral Container'),
      ),
    ];
  });
}

function validateKept(pod: Pod, old: Pod): FieldProblem[] {
  return containersOf(old).flatMap((container) => {
    const now = containersOf(pod).find(({ name }) => name === container.name);
    if (now && equalJson(now, container)) return [];
    const what = now ? 'changed' : 'removed';
    return [forbidden(PATH, `existing ephemeral containers ${JSON.stringify(container.name)} may not be ${what}\n`)];
  });
}
