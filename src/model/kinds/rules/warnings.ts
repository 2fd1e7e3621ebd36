import { equalJson, oncePerObject, ownMember } from '../../../base/index.ts';
import {
  dns1123Label,
  formatPath,
  isWhole,
  mapKey,
  NO_QUANTITY,
  parseQuantity,
  type FieldPath,
  type KubeObject,
} from '../../meta/index.ts';
import type { Container, ContainerPort, NodeSelectorTerm, PodSpec, PodTemplateSpec } from '../../types/index.ts';

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

/** Pods are called after it, and hosts after pods. */
export function workloadWarnings(object: KubeObject & WithTemplate, old?: WithTemplate): readonly string[] {
  return [...(old ? [] : nameWarnings(object, 'Pod names and hostnames')), ...templateWarnings(object, old)];
}

export function nameWarnings({ metadata: { name } }: KubeObject, use: string): readonly string[] {
  const problems = name ? dns1123Label(name) : [];
  if (problems.length === 0) return [];
  return [
    `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
  ];
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
    ...spreadWarnings(spec.topologySpreadConstraints, [...path, 'topologySpreadConstraints']),
    ...aliasWarnings(spec.hostAliases, [...path, 'hostAliases']),
    ...secretsWarnings(spec.imagePullSecrets, [...path, 'imagePullSecrets']),
    ...Object.keys(nodeSelector).flatMap((label) => {
      const [since, now] = ownMember(RENAMED_LABELS, label) ?? [];
      return since ? [`${formatPath([...path, 'nodeSelector', mapKey(label)])}: deprecated since ${since}; use "${now}" instead`] : [];
    }),
    ...containersWarnings(initContainers, [...path, 'initContainers']),
    ...containersWarnings(containers, [...path, 'containers']),
    ...portWarnings({ initContainers, containers }, path),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${formatPath([...path, 'terminationGracePeriodSeconds'])}: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(spec.affinity, [...path, 'affinity']),
  ];
}

const selectsNothing = (path: FieldPath) => `${formatPath([...path, 'labelSelector'])}: a null labelSelector results in matching no pod`;

function spreadWarnings(constraints: PodSpec['topologySpreadConstraints'] = [], path: FieldPath): string[] {
  return constraints.flatMap(({ labelSelector }, i) => (labelSelector ? [] : [selectsNothing([...path, i])]));
}

function affinityWarnings(affinity: PodSpec['affinity'], path: FieldPath): string[] {
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const must = affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const like = affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const at = (field: string, i: number) => [...path, kind, field, i];
    return [
      ...must.flatMap(({ labelSelector }, i) =>
        labelSelector ? [] : [selectsNothing(at('requiredDuringSchedulingIgnoredDuringExecution', i))],
      ),
      ...like.flatMap(({ podAffinityTerm }, i) =>
        podAffinityTerm.labelSelector
          ? []
          : [selectsNothing([...at('preferredDuringSchedulingIgnoredDuringExecution', i), 'podAffinityTerm'])],
      ),
    ];
  });
}

function aliasWarnings(aliases: PodSpec['hostAliases'] = [], path: FieldPath): string[] {
  return aliases.flatMap(({ ip }, i) =>
    aliases.findIndex((alias) => alias.ip === ip) < i ? [`${formatPath([...path, i, 'ip'])}: duplicate ip "${ip}"`] : [],
  );
}

function secretsWarnings(secrets: PodSpec['imagePullSecrets'] = [], path: FieldPath): string[] {
  return secrets.flatMap(({ name = '' }, i) => {
    const at = formatPath([...path, i, 'name']);
    const isRepeated = secrets.slice(0, i).some((before) => (before.name ?? '') === name);
    return [...(isRepeated ? [`${at}: duplicate name "${name}"`] : []), ...(name ? [] : [`${at}: invalid empty name ""`])];
  });
}

export function termsWarnings(terms: readonly NodeSelectorTerm[], path: FieldPath): readonly string[] {
  return terms.flatMap(({ matchExpressions = [] }, i) =>
    matchExpressions.flatMap(({ key = '' }, j) => {
      const [since, now] = ownMember(RENAMED_LABELS, key) ?? [];
      const at = formatPath([...path, i, 'matchExpressions', j, 'key']);
      return since ? [`${at}: ${key} is deprecated since ${since}; use "${now}" instead`] : [];
    }),
  );
}

function containersWarnings(containers: readonly Container[], path: FieldPath): readonly string[] {
  return containers.flatMap((container, i) => (isWarnedOf(container) ? containerWarnings(container, [...path, i]) : []));
}

/** The pods of one template share their containers. */
const isWarnedOf = oncePerObject((container: Container) => containerWarnings(container, []).length > 0);

function containerWarnings({ env = [], resources = {} }: Container, path: FieldPath): string[] {
  return [
    ...env.flatMap(({ name, value }, i) => {
      const hides = env.slice(0, i).some((before) => before.name === name);
      const isAppended = value?.includes(`$(${name})`) ?? false;
      const at = formatPath([...path, 'env', i]);
      return hides && !isAppended ? [`${at}: hides previous definition of "${name}", which may be dropped when using apply`] : [];
    }),
    ...['memory', 'ephemeral-storage'].flatMap((name) =>
      (['limits', 'requests'] as const).flatMap((list) =>
        byteWarnings(resources[list]?.[name], [...path, 'resources', list, mapKey(name)]),
      ),
    ),
  ];
}

export function byteWarnings(amount: string | undefined, path: FieldPath): readonly string[] {
  if (amount === undefined || isWhole(parseQuantity(amount) ?? NO_QUANTITY)) return [];
  return [`${formatPath(path)}: fractional byte value "${amount}" is invalid, must be an integer`];
}

interface Placed {
  readonly port: ContainerPort;
  readonly at: string;
}

/** All containers of a pod share its address. */
function portWarnings(spec: Pick<PodSpec, 'initContainers' | 'containers'>, path: FieldPath): string[] {
  const placed = (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap(({ ports = [] }, i) => ports.map((port, j) => ({ port, at: formatPath([...path, list, i, 'ports', j]) }))),
  );
  if (placed.length < 2) return [];
  return placed.flatMap((each, i) =>
    placed.slice(0, i).flatMap((before) => {
      const word = clashOf(each, before);
      return word ? [`${each.at}: ${word} port definition with ${before.at}`] : [];
    }),
  );
}

function clashOf({ port: a }: Placed, { port: b }: Placed): string | undefined {
  if (a.containerPort !== b.containerPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return undefined;
  const [port, other] = [a.hostPort ?? 0, b.hostPort ?? 0];
  const [address, otherAddress] = [a.hostIP ?? '', b.hostIP ?? ''];
  if (address === otherAddress && port === other) return 'duplicate';
  if (port === 0 || other === 0) return 'overlapping';
  return port === other && (address === '') !== (otherAddress === '') ? 'dangerously ambiguous' : undefined;
}
