import { equalJson } from '../../../base/index.ts';
import { forbidden, invalid, type FieldProblem } from '../../schema/problems.ts';
import type { Container, Pod, ResourceList } from '../../types/index.ts';
import type { ObjectPart } from '../kind.ts';
import { validateResources } from '../rules/resources.ts';
import { qosClass } from './qos.ts';

const SPEC = ['spec'];
const LISTS = ['containers', 'initContainers'] as const;

/** What a running pod's containers take: CPU and memory alone, as long as the pod's class stays what it is. */
export const RESOURCES: ObjectPart<Pod> = {
  take: ({ spec }, old) => {
    const { containers, initContainers } = old.spec;
    return {
      ...old,
      spec: {
        ...old.spec,
        containers: withResourcesOf(spec.containers, containers),
        ...(initContainers ? { initContainers: withResourcesOf(spec.initContainers, initContainers) } : {}),
      },
    };
  },
  validate: (pod, old) => {
    const [now, before] = [qosClass(pod.spec), qosClass(old.spec)];
    return [
      ...LISTS.flatMap((list) => (pod.spec[list] ?? []).flatMap((container, i) => validateResize(container, old.spec[list]![i]!, [...SPEC, list, i]))),
      ...(now === before ? [] : [invalid(SPEC, now, 'Pod QOS Class may not change as a result of resizing')]),
    ];
  },
}; // prettier-ignore

function withResourcesOf(wanted: readonly Container[] = [], containers: readonly Container[]): readonly Container[] {
  return containers.map((container) => {
    const found = wanted.find(({ name }) => name === container.name);
    return found ? { ...container, resources: found.resources ?? {} } : container;
  });
}

function validateResize({ resources }: Container, old: Container, path: (string | number)[]): FieldProblem[] {
  const at = [...path, 'resources'];
  const gone = Object.keys(old.resources?.limits ?? {}).some((name) => resources?.limits?.[name] === undefined);
  const isSame = (['limits', 'requests'] as const).every((part) =>
    equalJson(fixedAmounts(resources?.[part]), fixedAmounts(old.resources?.[part])),
  );
  return [
    ...validateResources(resources, at),
    ...(gone ? [forbidden([...at, 'limits'], 'resource limits cannot be removed')] : []),
    ...(isSame ? [] : [forbidden(at, 'only cpu and memory resources are mutable')]),
  ];
}

function fixedAmounts(list: ResourceList = {}): ResourceList {
  const { cpu: _c, memory: _m, ...fixed } = list;
  return fixed;
}

/** Nobody should take for granted what is not done. */
export function resizeWarnings(pod: Pod, old: Pod): readonly string[] {
  const resourcesOf = ({ spec }: Pod) => LISTS.map((list) => spec[list]?.map(({ resources }) => resources));
  if (equalJson(resourcesOf(pod), resourcesOf(old))) return [];
  return [`pod ${pod.metadata.name}: the new resources are stored, but nodes of this process do not resize running containers yet`];
}
