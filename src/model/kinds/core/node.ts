import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain, labelValue, qualifiedName, type FieldPath } from '../../meta/index.ts';
import { NODES, type Node, type Taint } from '../../types/index.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, NONE, textColumn, UNKNOWN, wideColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { parseCidr, validateCidr } from '../rules/addresses.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

const NO_INFO = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

export const NODE = declareKind<Node>({
  ref: NODES,
  schema: { definition: 'core.v1.Node' },
  name: dns1123Subdomain,
  shortNames: ['no'],
  subresources: ['status', 'proxy'],
  /** A kubelet registers itself with its status: it is not taken away. */
  defaults: (node) => ({
    ...node,
    spec: node.spec ?? {},
    status: {
      ...node.status,
      ...(node.status?.capacity && !node.status.allocatable ? { allocatable: node.status.capacity } : {}),
      daemonEndpoints: node.status?.daemonEndpoints ?? { kubeletEndpoint: { Port: 0 } },
      nodeInfo: { ...NO_INFO, ...node.status?.nodeInfo },
    },
  }),
  prepareUpdate: (node, old) => ({ ...node, status: old.status }),
  validate: (node, old) => [
    ...validateTaints(node.spec?.taints ?? []),
    ...validateBlocks(node.spec ?? {}),
    ...(old ? validateLasting(node.spec ?? {}, old.spec ?? {}) : []),
  ],
  columns: [
    NAME,
    ...['Status', 'Roles'].map(textColumn),
    AGE,
    textColumn('Version'),
    ...['Internal-IP', 'External-IP', 'OS-Image', 'Kernel-Version', 'Container-Runtime'].map(wideColumn),
  ],
  row: (node, clock) => {
    const info = node.status?.nodeInfo ?? {};
    const told = ['osImage', 'kernelVersion', 'containerRuntimeVersion'].map((field) => info[field] || UNKNOWN);
    const wide = [addressOf(node, 'InternalIP'), addressOf(node, 'ExternalIP'), ...told];
    return [node.metadata.name, statusOf(node), rolesOf(node), ageOf(node, clock), info['kubeletVersion'] ?? '', ...wide];
  },
  selectable: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
});

function statusOf({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const word = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word;
}

function rolesOf({ metadata }: Node): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX)) return key === ROLE_PREFIX ? [] : [key.slice(ROLE_PREFIX.length)];
    return key === ROLE_LABEL && value !== '' ? [value] : [];
  });
  return [...new Set(roles)].toSorted().join(',') || NONE;
}

function addressOf({ status }: Node, type: string): string {
  return status?.addresses?.find((address) => address.type === type)?.address ?? NONE;
}

function validateTaints(taints: readonly Taint[]): FieldProblem[] {
  const seen = new Set<string>();
  return taints.flatMap(({ key, value, effect }, i) => {
    // Kubernetes' own path.
    const path: FieldPath = ['metadata', 'taints', i];
    const repeated = seen.has(`${key}:${effect}`);
    seen.add(`${key}:${effect}`);
    return [
      ...qualifiedName(key).map((text) => invalid([...path, 'key'], key, text)),
      ...(value ? labelValue(value).map((text) => invalid([...path, 'value'], value, text)) : []),
      ...(!effect ? [required([...path, 'effect'])] : EFFECTS.includes(effect) ? [] : [notSupported([...path, 'effect'], effect, EFFECTS)]),
      ...(repeated ? [duplicate(path, { key, effect })] : []),
    ];
  });
}

type Spec = NonNullable<Node['spec']>;

/** The addresses that the node's pods get: the first block, or all of them. */
const blocksOf = ({ podCIDR, podCIDRs = [] }: Spec) => (!podCIDR || podCIDRs[0] === podCIDR ? podCIDRs : [podCIDR]);

/** What a node was once given it keeps. */
function validateLasting(spec: Spec, old: Spec): FieldProblem[] {
  const isMoved = blocksOf(old).length > 0 && !equalJson(blocksOf(spec), blocksOf(old));
  const isOther = Boolean(old.providerID) && spec.providerID !== old.providerID;
  return [
    ...(isMoved ? [forbidden(['spec', 'podCIDRs'], 'node updates may not change podCIDR except from "" to valid')] : []),
    ...(isOther ? [forbidden(['spec', 'providerID'], 'node updates may not change providerID except from "" to valid')] : []),
  ];
}

function validateBlocks(spec: Spec): FieldProblem[] {
  const blocks = blocksOf(spec);
  const families = blocks.map((block) => parseCidr(block)?.family);
  const isPair = blocks.length <= 1 || (blocks.length === 2 && families[0] !== families[1]);
  return [
    ...blocks.flatMap((block, i) => validateCidr(block, ['spec', 'podCIDRs', i])),
    ...(isPair ? [] : [invalid(['spec', 'podCIDRs'], blocks, 'may specify no more than one CIDR for each IP family')]),
  ];
}
