import { equalJson } from '../../../base/index.ts';
import { forbidden, invalid, type FieldProblem } from '../../schema/problems.ts';
import type { Container, Pod, ResourceList } from '../../types/index.ts';
import type { ObjectPart } from '../kind.ts';
import { validateResources } from '../rules/resources.ts';
import { qosClass } from './qos.ts';

/** Stands at a pod that a file on its node asks for. */
const MIRROR = 'kubernetes.io/config.mirror';

const SPEC = ['spec'];
const LISTS = ['containers', 'initContainers'] as const;
const PARTS = ['limits', 'requests'] as const;

type Part = (typeof PARTS)[number];

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
      ...(old.metadata.annotations?.[MIRROR] === undefined ? [] : [forbidden([], 'static pods cannot be resized')]),
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
  if (path[1] === 'initContainers' && old.restartPolicy !== 'Always') {
    return equalJson(resources, old.resources) ? [] : [forbidden(at, 'resources for non-sidecar init containers are immutable')];
  }
  const lost = (part: Part) => Object.keys(old.resources?.[part] ?? {}).some((name) => resources?.[part]?.[name] === undefined);
  const isSame = PARTS.every((part) => equalJson(fixedAmounts(resources?.[part]), fixedAmounts(old.resources?.[part])));
  return [
    ...validateResources(resources, at),
    ...PARTS.filter(lost).map((part) => forbidden([...at, part], `resource ${part} cannot be removed`)),
    ...(isSame ? [] : [forbidden(at, 'only cpu and memory resources are mutable')]),
  ];
}

function fixedAmounts(list: ResourceList = {}): ResourceList {
  const { cpu: _c, memory: _m, ...fixed } = list;
  return fixed;
}
