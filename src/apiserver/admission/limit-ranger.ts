import {
  amountsOfPod,
  type Container,
  LIMIT_RANGES,
  type LimitRange,
  type LimitRangeItem,
  type Manifest,
  type PersistentVolumeClaim,
  type Pod,
  readAmounts,
  type ResourceList,
} from '../../model/index.ts';
import { forbidden } from '../refusals.ts';
import { limitProblems, type Taken } from './limits.ts';
import { isOf, newPod, withSpec, type AdmissionStep } from './step.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Gives containers the resources that a namespace's limit ranges say by default, and holds pods and claims to their bounds. */
export const limitRanger: AdmissionStep = {
  name: 'LimitRanger',
  of: ['pods', 'persistentvolumeclaims'],
  mutate: (request, around) => {
    const pod = newPod(request);
    if (!pod) return request.object;
    return around.all(LIMIT_RANGES, pod.metadata.namespace).reduce(withDefaults, request.object);
  },
  judge: ({ kind, object, operation, subresource }, around) => {
    // A pod keeps its resources unless it is resized; a claim may ask for more.
    const isPod = isOf(kind, 'pods') && (operation === 'create' || subresource === 'resize');
    const isClaim = isOf(kind, 'persistentvolumeclaims');
    if (!isPod && !isClaim) return [];
    const subjects = isPod ? subjectsOfPod(object as unknown as Pod) : subjectsOfClaim(object as unknown as PersistentVolumeClaim);
    for (const { spec } of around.all(LIMIT_RANGES, object.metadata.namespace)) {
      const problems = (spec?.limits ?? []).flatMap((item) => subjects(item.type).flatMap((amounts) => limitProblems(item, amounts)));
      if (problems.length === 0) continue;
      throw forbidden(kind, object.metadata.name, problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`);
    }
    return [];
  },
};

type Subjects = (type: string) => readonly Taken[];

const takenBy = (resources: { requests?: ResourceList; limits?: ResourceList } | undefined): Taken => ({
  requests: readAmounts(resources?.requests),
  limits: readAmounts(resources?.limits),
});

function subjectsOfPod(pod: Pod): Subjects {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  return (type) => {
    if (type === 'Container') return containers.map(({ resources }) => takenBy(resources));
    return type === 'Pod' ? [{ requests: amountsOfPod(pod, 'requests'), limits: amountsOfPod(pod, 'limits') }] : [];
  };
}

function subjectsOfClaim({ spec }: PersistentVolumeClaim): Subjects {
  return (type) => (type === 'PersistentVolumeClaim' ? [takenBy(spec.resources)] : []);
}

function withDefaults(object: Manifest, { spec }: LimitRange): Manifest {
  const items = (spec?.limits ?? []).filter(({ type }) => type === 'Container');
  const { containers, initContainers } = (object as unknown as Pod).spec;
  const said: string[] = [];
  const fill = (what: string) => (container: Container) => items.reduce((filled, item) => fillContainer(filled, item, what, said), container);
  const filled = { containers: containers.map(fill('container')), ...(initContainers ? { initContainers: initContainers.map(fill('init container')) } : {}) };
  if (said.length === 0) return object;
  const { metadata } = object;
  const before = metadata.annotations?.[ANNOTATION];
  const told = `LimitRanger plugin set: ${said.join('; ')}`;
  const annotations = { ...metadata.annotations, [ANNOTATION]: before ? `${before}; ${said.join('; ')}` : told };
  return { ...withSpec(object, filled), metadata: { ...metadata, annotations } };
} // prettier-ignore

function fillContainer(container: Container, item: LimitRangeItem, what: string, said: string[]): Container {
  const { resources } = container;
  const requests = missing(resources?.requests, item.defaultRequest);
  const limits = missing(resources?.limits, item.default);
  if (requests.length + limits.length === 0) return container;
  const told = (names: readonly (readonly [string, string])[], part: string) =>
    names.length > 0 ? [`${names.map(([name]) => name).join(', ')} ${part} for ${what} ${container.name}`] : [];
  said.push(...told(requests, 'request'), ...told(limits, 'limit'));
  return {
    ...container,
    resources: {
      ...resources,
      ...(limits.length > 0 ? { limits: { ...resources?.limits, ...Object.fromEntries(limits) } } : {}),
      ...(requests.length > 0 ? { requests: { ...resources?.requests, ...Object.fromEntries(requests) } } : {}),
    },
  };
}

function missing(present: ResourceList | undefined, byDefault: ResourceList | undefined): readonly (readonly [string, string])[] {
  return Object.entries(byDefault ?? {})
    .filter(([name]) => present?.[name] === undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}
