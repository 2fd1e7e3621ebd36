import { equalJson } from '../../../base/index.ts';
import { forbidden, invalid, type FieldProblem } from '../../schema/problems.ts';
import { MIRROR_ANNOTATION, type Container, type Pod, type ResourceList, type ResourceRequirements } from '../../types/index.ts';
import type { ObjectPart } from '../kind.ts';
import { validateResources } from '../rules/resources.ts';
import { qosClass } from '../../quota/index.ts';

const SPEC = ['spec'];
const LISTS = ['containers', 'initContainers'] as const;
const PARTS = ['limits', 'requests'] as const;

type Path = readonly (string | number)[];

/** What a running pod takes: CPU and memory alone, as long as its class stays what it is. */
export const RESOURCES: ObjectPart<Pod> = {
  take: ({ spec }, old) => {
    const { resources: _, ...kept } = old.spec;
    const initContainers = withSizesOf(spec.initContainers, old.spec.initContainers);
    return {
      ...old,
      spec: {
        ...kept,
        ...(spec.resources ? { resources: spec.resources } : {}),
        containers: withSizesOf(spec.containers, old.spec.containers),
        ...(initContainers.length > 0 ? { initContainers } : {}),
      },
    };
  },
  validate: (pod, old) => {
    const mirror = old.metadata.annotations?.[MIRROR_ANNOTATION] === undefined ? [] : [forbidden([], 'static pods cannot be resized')];
    const renamed = LISTS.flatMap((list) => validateNames(pod.spec[list] ?? [], old.spec[list] ?? [], [...SPEC, list]));
    return [...mirror, ...(renamed.length > 0 ? renamed : validateResize(pod, old))];
  },
};

const namesOf = (containers: readonly Container[]) => containers.map(({ name }) => name);

/** Containers that are not those that there are come as they are, to be refused. */
function withSizesOf(wanted: readonly Container[] = [], containers: readonly Container[] = []): readonly Container[] {
  if (!equalJson(namesOf(wanted), namesOf(containers))) return wanted;
  return containers.map((container, i) => {
    const { resizePolicy: _, ...kept } = container;
    const { resources = {}, resizePolicy } = wanted[i]!;
    return { ...kept, resources, ...(resizePolicy ? { resizePolicy } : {}) };
  });
}

function validateNames(wanted: readonly Container[], old: readonly Container[], path: Path): FieldProblem[] {
  if (wanted.length !== old.length) return [forbidden(path, 'containers may not be added or removed on resize')];
  return equalJson(namesOf(wanted), namesOf(old)) ? [] : [forbidden(path, 'containers may not be renamed or reordered on resize')];
}

const policiesOf = ({ spec }: Pod) => LISTS.map((list) => (spec[list] ?? []).map(({ resizePolicy = [] }) => resizePolicy));

function validateResize(pod: Pod, old: Pod): FieldProblem[] {
  const { resources } = old.spec;
  const isSame = equalJson(policiesOf(pod), policiesOf(old)) && (pod.spec.resources === undefined) === (resources === undefined);
  const before = qosClass(old.spec);
  return [
    ...(isSame ? [] : [forbidden(SPEC, 'only cpu and memory resources are mutable')]),
    ...(resources ? validateSizes(pod.spec.resources, resources, [...SPEC, 'resources']) : []),
    ...LISTS.flatMap((list) =>
      (pod.spec[list] ?? []).flatMap((container, i) => {
        const at = [...SPEC, list, i, 'resources'];
        const was = old.spec[list]![i]!;
        if (list === 'containers' || was.restartPolicy === 'Always') return validateSizes(container.resources, was.resources, at);
        const isKept = equalJson(container.resources ?? {}, was.resources ?? {});
        return isKept ? [] : [forbidden(at, 'resources for non-sidecar init containers are immutable')];
      }),
    ),
    ...(qosClass(pod.spec) === before ? [] : [invalid(SPEC, before, 'Pod QOS Class may not change as a result of resizing')]),
  ];
}

function validateSizes(wanted: ResourceRequirements | undefined, old: ResourceRequirements | undefined, at: Path): FieldProblem[] {
  const lost = (part: (typeof PARTS)[number]) => Object.keys(old?.[part] ?? {}).some((name) => wanted?.[part]?.[name] === undefined);
  const isSame = PARTS.every((part) => equalJson(fixedAmounts(wanted?.[part]), fixedAmounts(old?.[part])));
  return [
    ...validateResources(wanted, at),
    ...PARTS.filter(lost).map((part) => forbidden([...at, part], `resource ${part} cannot be removed`)),
    ...(isSame ? [] : [forbidden(at, 'only cpu and memory resources are mutable')]),
  ];
}

function fixedAmounts(list: ResourceList = {}): ResourceList {
  const { cpu: _c, memory: _m, ...fixed } = list;
  return fixed;
}
