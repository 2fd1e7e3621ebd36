import { equalJson, oncePerObject, ownMember } from '../../../base/index.ts';
import { formatPath, isWhole, mapKey, NO_QUANTITY, parseQuantity, type FieldPath } from '../../meta/index.ts';
import type { Container, ContainerPort, PodSpec, PodTemplateSpec } from '../../types/index.ts';

const TEMPLATE = ['spec', 'template'];

/** Labels of nodes that were called otherwise before. */
const RENAMED_LABELS: Readonly<Record<string, readonly [since: string, now: string]>> = {
  'beta.kubernetes.io/arch': ['v1.14', 'kubernetes.io/arch'],
  'beta.kubernetes.io/os': ['v1.14', 'kubernetes.io/os'],
  'failure-domain.beta.kubernetes.io/region': ['v1.17', 'topology.kubernetes.io/region'],
  'failure-domain.beta.kubernetes.io/zone': ['v1.17', 'topology.kubernetes.io/zone'],
  'beta.kubernetes.io/instance-type': ['v1.17', 'node.kubernetes.io/instance-type'],
};

interface WithTemplate {
  readonly spec?: { readonly template?: PodTemplateSpec };
}

/** What is allowed in a template and hardly meant, as long as it is new. */
export function templateWarnings(object: WithTemplate, old?: WithTemplate, path: FieldPath = TEMPLATE): readonly string[] {
  const template = object.spec?.template;
  if (!template?.spec || (old && equalJson(template, old.spec?.template))) return [];
  return podWarnings(template.spec, [...path, 'spec']);
}

export function podWarnings(
  { nodeSelector = {}, containers = [], initContainers = [], ...spec }: Partial<PodSpec>,
  path: FieldPath,
): readonly string[] {
  return [
    ...secretsWarnings(spec.imagePullSecrets, [...path, 'imagePullSecrets']),
    ...Object.keys(nodeSelector).flatMap((label) => {
      const [since, now] = ownMember(RENAMED_LABELS, label) ?? [];
      return since ? [`${formatPath([...path, 'nodeSelector', mapKey(label)])}: deprecated since ${since}; use "${now}" instead`] : [];
    }),
    ...containersWarnings(initContainers, [...path, 'initContainers']),
    ...containersWarnings(containers, [...path, 'containers']),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${formatPath([...path, 'terminationGracePeriodSeconds'])}: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
  ];
}

function secretsWarnings(secrets: PodSpec['imagePullSecrets'] = [], path: FieldPath): string[] {
  return secrets.flatMap(({ name = '' }, i) => {
    const at = formatPath([...path, i, 'name']);
    const isRepeated = secrets.slice(0, i).some((before) => (before.name ?? '') === name);
    return [...(isRepeated ? [`${at}: duplicate name "${name}"`] : []), ...(name ? [] : [`${at}: invalid empty name ""`])];
  });
}

function containersWarnings(containers: readonly Container[], path: FieldPath): readonly string[] {
  return containers.flatMap((container, i) => (isWarnedOf(container) ? containerWarnings(container, [...path, i]) : []));
}

/** The pods of one template share their containers. */
const isWarnedOf = oncePerObject((container: Container) => containerWarnings(container, []).length > 0);

function containerWarnings({ env = [], ports = [], resources = {} }: Container, path: FieldPath): string[] {
  return [
    ...env.flatMap(({ name, value }, i) => {
      const hides = env.slice(0, i).some((before) => before.name === name);
      const isAppended = value?.includes(`$(${name})`) ?? false;
      const at = formatPath([...path, 'env', i]);
      return hides && !isAppended ? [`${at}: hides previous definition of "${name}", which may be dropped when using apply`] : [];
    }),
    ...(['limits', 'requests'] as const).flatMap((list) => {
      const amount = resources[list]?.['memory'];
      if (amount === undefined || isWhole(parseQuantity(amount) ?? NO_QUANTITY)) return [];
      const at = formatPath([...path, 'resources', list, mapKey('memory')]);
      return [`${at}: fractional byte value "${amount}" is invalid, must be an integer`];
    }),
    ...ports.flatMap((port, i) => {
      const same = ports.slice(0, i).findIndex((before) => isSamePort(before, port));
      const places = [i, same].map((place) => formatPath([...path, 'ports', place]));
      return same < 0 ? [] : [`${places[0]}: duplicate port definition with ${places[1]}`];
    }),
  ];
}

function isSamePort(a: ContainerPort, b: ContainerPort): boolean {
  return (['containerPort', 'protocol', 'hostPort', 'hostIP'] as const).every((field) => a[field] === b[field]);
}
