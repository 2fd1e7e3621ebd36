import { isIPv6 } from 'node:net';
import type { FieldPath } from '../../meta/index.ts';
import type { Service } from '../../types/index.ts';
import { duplicate, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { validateAddress } from '../rules/addresses.ts';

type Spec = Service['spec'];

const FAMILIES = ['IPv4', 'IPv6'] as const;
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const CLUSTER_IPS: FieldPath = ['spec', 'clusterIPs'];

/** Whether a Service's addresses, families and policy fit together; asked before any address is given out, too. */
export function validateServiceAddresses(spec: Spec): FieldProblem[] {
  const { type, clusterIPs = [], ipFamilies = [], ipFamilyPolicy: policy } = spec;
  if (type === 'ExternalName') return [];
  const addresses = validateEach(clusterIPs);
  return [
    ...validateFirst(spec),
    ...ipFamilies.flatMap((family, i) => [
      ...(FAMILIES.includes(family) ? [] : [notSupported(['spec', 'ipFamilies', i], family, FAMILIES)]),
      ...(ipFamilies.indexOf(family) < i ? [duplicate(['spec', 'ipFamilies', i], family)] : []),
    ]),
    ...(policy && !POLICIES.includes(policy) ? [notSupported(['spec', 'ipFamilyPolicy'], policy, POLICIES)] : []),
    ...addresses,
    ...(clusterIPs.length > 2 ? [invalid(CLUSTER_IPS, clusterIPs, 'may only hold up to 2 values')] : []),
    ...(addresses.length > 0 ? [] : validateTogether(spec)),
  ];
}

function validateFirst({ clusterIP, clusterIPs = [] }: Spec): FieldProblem[] {
  if (!clusterIP) return clusterIPs.length > 0 ? [invalid(CLUSTER_IPS, clusterIPs, 'must be empty when `clusterIP` is not specified')] : [];
  if (clusterIPs.length === 0) return [required(CLUSTER_IPS)];
  return clusterIPs[0] === clusterIP ? [] : [invalid(CLUSTER_IPS, clusterIPs, 'first value must match `clusterIP`')];
}

function validateEach(clusterIPs: readonly string[]): FieldProblem[] {
  return clusterIPs.flatMap((address, i) => {
    if (i > 0 || address !== 'None') return validateAddress(address, [...CLUSTER_IPS, i]);
    return clusterIPs.length > 1 ? [invalid(CLUSTER_IPS, clusterIPs, "'None' must be the first and only value")] : [];
  });
}

function validateTogether({ clusterIPs = [], ipFamilies = [] }: Spec): FieldProblem[] {
  const families = clusterIPs.map((address) => (isIPv6(address) ? 'IPv6' : 'IPv4'));
  return [
    ...(clusterIPs.length > 1 && new Set(families).size < 2
      ? [invalid(CLUSTER_IPS, clusterIPs, 'may specify no more than one IP for each IP family')]
      : []),
    ...clusterIPs.flatMap((address, i) => {
      const family = ipFamilies[i];
      if (address === 'None' || family === undefined || family === families[i]) return [];
      return [invalid([...CLUSTER_IPS, i], address, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``)];
    }),
  ];
}

/** An address once given stays: clients may have it. */
export function validateAddressChange(spec: Spec, old: Spec): FieldProblem[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  const { clusterIPs = [] } = spec;
  const { clusterIPs: before = [] } = old;
  const isFixed = (i: number) => i === 0 || clusterIPs.length === before.length;
  return before.flatMap((address, i) =>
    isFixed(i) && clusterIPs[i] !== address ? [invalid([...CLUSTER_IPS, i], clusterIPs, 'may not change once set')] : [],
  );
}
