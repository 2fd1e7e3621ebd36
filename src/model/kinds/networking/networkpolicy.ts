import { BlockList } from 'node:net';
import { dns1123Subdomain, type FieldPath } from '../../meta/index.ts';
import { NETWORK_POLICIES, type NetworkPolicy, type NetworkPolicyPeer, type NetworkPolicyPort } from '../../types/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, selectorCell, textColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { parseCidr, validateCidr } from '../rules/addresses.ts';
import { validatePort, validatePortOrName } from '../rules/numbers.ts';
import { validateLabelSelector } from '../rules/selector.ts';

type Spec = NetworkPolicy['spec'];

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const TYPES = ['Egress', 'Ingress'];

export const NETWORK_POLICY = declareKind<NetworkPolicy>({
  ref: NETWORK_POLICIES,
  schema: { definition: 'networking.v1.NetworkPolicy' },
  name: dns1123Subdomain,
  shortNames: ['netpol'],
  defaults: (policy) => ({ ...policy, spec: defaultSpec(policy.spec ?? {}) }),
  validate: ({ spec }, old) => validateSpec(spec, old ? cidrsOf(old.spec) : []),
  raisesGeneration: specChanged,
  columns: [NAME, textColumn('Pod-Selector'), AGE],
  row: (policy, clock) => [policy.metadata.name, selectorCell(policy.spec.podSelector), ageOf(policy, clock)],
});

function defaultSpec(spec: Spec): Spec {
  const types = ['Ingress', ...(spec.egress?.length ? ['Egress'] : [])] as NonNullable<Spec['policyTypes']>;
  return {
    ...spec,
    podSelector: spec.podSelector ?? {},
    ...(spec.ingress ? { ingress: spec.ingress.map(withProtocols) } : {}),
    ...(spec.egress ? { egress: spec.egress.map(withProtocols) } : {}),
    policyTypes: spec.policyTypes?.length ? spec.policyTypes : types,
  };
}

function withProtocols<T extends { readonly ports?: readonly NetworkPolicyPort[] }>(rule: T): T {
  return rule.ports ? { ...rule, ports: rule.ports.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' })) } : rule;
}

function validateSpec({ podSelector, ingress = [], egress = [], policyTypes = [] }: Spec, known: readonly string[]): FieldProblem[] {
  const path = ['spec'];
  return [
    ...validateLabelSelector(podSelector, [...path, 'podSelector']),
    ...ingress.flatMap(({ ports, from }, i) => validateRule(ports, from, 'from', [...path, 'ingress', i], known)),
    ...egress.flatMap(({ ports, to }, i) => validateRule(ports, to, 'to', [...path, 'egress', i], known)),
    ...(policyTypes.length > 2 ? [invalid([...path, 'policyTypes'], policyTypes, 'may not specify more than two policyTypes')] : []),
    ...policyTypes.flatMap((type, i) => (TYPES.includes(type) ? [] : [notSupported([...path, 'policyTypes', i], type, TYPES)])),
  ];
}

function validateRule(
  ports: readonly NetworkPolicyPort[] = [],
  peers: readonly NetworkPolicyPeer[] = [],
  side: 'from' | 'to',
  path: FieldPath,
  known: readonly string[],
): FieldProblem[] {
  return [
    ...ports.flatMap((port, i) => validatePolicyPort(port, [...path, 'ports', i])),
    ...peers.flatMap((peer, i) => validatePeer(peer, [...path, side, i], known)),
  ];
}

function validatePolicyPort({ protocol, port, endPort }: NetworkPolicyPort, path: FieldPath): FieldProblem[] {
  const at = [...path, 'endPort'];
  const isRange = endPort !== undefined && typeof port === 'number';
  return [
    ...(PROTOCOLS.includes(protocol ?? '') ? [] : [notSupported([...path, 'protocol'], protocol, PROTOCOLS)]),
    ...(port === undefined ? [] : validatePortOrName(port, [...path, 'port'])),
    ...(endPort !== undefined && port === undefined ? [required([...path, 'port'], 'must be specified when `endPort` is specified')] : []),
    ...(endPort !== undefined && typeof port === 'string' ? [invalid(at, endPort, 'may not be specified when `port` is non-numeric')] : []),
    ...(isRange && endPort < port ? [invalid(at, endPort, 'must be greater than or equal to `port`')] : []),
    ...(isRange ? validatePort(endPort, at) : []),
  ];
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  path: FieldPath,
  known: readonly string[],
): FieldProblem[] {
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  return [
    ...validateLabelSelector(podSelector, [...path, 'podSelector']),
    ...validateLabelSelector(namespaceSelector, [...path, 'namespaceSelector']),
    ...(ipBlock ? validateBlock(ipBlock, [...path, 'ipBlock'], known) : []),
    ...(!selects && !ipBlock ? [required(path, 'must specify a peer')] : []),
    ...(selects && ipBlock ? [forbidden(path, 'may not specify both ipBlock and another peer')] : []),
  ];
}

/** All that a policy names. */
function cidrsOf({ ingress = [], egress = [] }: Spec): readonly string[] {
  const peers = [...ingress.flatMap(({ from }) => from ?? []), ...egress.flatMap(({ to }) => to ?? [])];
  return peers.flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : []));
}

function validateBlock(
  { cidr, except = [] }: NonNullable<NetworkPolicyPeer['ipBlock']>,
  path: FieldPath,
  known: readonly string[],
): FieldProblem[] {
  if (!cidr) return [required([...path, 'cidr'])];
  const problems = validateCidr(cidr, [...path, 'cidr'], known);
  if (problems.length > 0) return problems;
  const whole = parseCidr(cidr)!;
  const inside = new BlockList();
  inside.addSubnet(whole.address, whole.bits, whole.family);
  return except.flatMap((text, i) => {
    const at = [...path, 'except', i];
    const unclear = validateCidr(text, at, known);
    if (unclear.length > 0) return unclear;
    const part = parseCidr(text)!;
    const isPart = part.family === whole.family && part.bits > whole.bits && inside.check(part.address, part.family);
    return isPart ? [] : [invalid(at, text, 'must be a strict subset of `cidr`')];
  });
}
