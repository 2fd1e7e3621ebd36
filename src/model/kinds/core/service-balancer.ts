import { mapKey, qualifiedName, type FieldPath } from '../../meta/index.ts';
import type { Service } from '../../types/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { validateCidr, validatePoint } from '../rules/addresses.ts';
import { validatePort } from '../rules/numbers.ts';
import { isBalanced, isExternal, isHealthChecked } from './service-update.ts';

type Spec = Service['spec'];

const SPEC: FieldPath = ['spec'];
const CLASS: FieldPath = ['spec', 'loadBalancerClass'];
const HEALTH: FieldPath = ['spec', 'healthCheckNodePort'];
const ONLY_BALANCERS = "may only be used when `type` is 'LoadBalancer'";
/** How source ranges were said before there was a field for them. */
const RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const MODES = ['Proxy', 'VIP'];

/** What only some types of services have. */
export function validateBalancer(service: Service, old?: Service): FieldProblem[] {
  const { spec } = service;
  const { allocateLoadBalancerNodePorts: allocates, loadBalancerClass: name, externalTrafficPolicy: policy } = spec;
  return [
    ...validateRanges(service, old),
    ...(allocates !== undefined && !isBalanced(spec) ? [forbidden([...SPEC, 'allocateLoadBalancerNodePorts'], ONLY_BALANCERS)] : []),
    ...(name === undefined
      ? []
      : isBalanced(spec)
        ? qualifiedName(name).map((text) => invalid(CLASS, name, text))
        : [forbidden(CLASS, ONLY_BALANCERS)]),
    ...(policy && !isExternal(spec)
      ? [invalid([...SPEC, 'externalTrafficPolicy'], policy, 'may only be set for externally-accessible services')]
      : []),
    ...validateHealthPort(spec),
  ];
}

function validateHealthPort(spec: Spec): FieldProblem[] {
  const { healthCheckNodePort: port } = spec;
  if (!port) return [];
  if (isHealthChecked(spec)) return validatePort(port, HEALTH);
  return [invalid(HEALTH, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")];
}

/** Spaces around a range are left out; the annotation speaks only where the field is silent. */
function validateRanges({ metadata, spec }: Service, old?: Service): FieldProblem[] {
  const { loadBalancerSourceRanges: ranges = [] } = spec;
  // Kubernetes writes the field with a capital here.
  const field = [...SPEC, 'LoadBalancerSourceRanges'];
  const annotated = metadata.annotations?.[RANGES_ANNOTATION];
  const path = ranges.length > 0 ? field : ['metadata', 'annotations', mapKey(RANGES_ANNOTATION)];
  const known = (old?.spec.loadBalancerSourceRanges ?? []).map((range) => range.trim());
  if (ranges.length === 0 && annotated === undefined) return [];
  const texts = annotated?.trim() && annotated !== old?.metadata.annotations?.[RANGES_ANNOTATION] ? annotated.split(',') : [];
  return [
    ...(isBalanced(spec) ? [] : [forbidden(path, ONLY_BALANCERS)]),
    ...(ranges.length > 0
      ? ranges.flatMap((range, i) => validateCidr(range.trim(), [...field, i], known))
      : texts.flatMap((text) => validateCidr(text.trim(), path))),
  ];
}

export function validateBalancerChange(spec: Spec, old: Spec): FieldProblem[] {
  const { loadBalancerClass: name, healthCheckNodePort: port } = spec;
  return [
    ...(isBalanced(spec) && isBalanced(old) && name !== old.loadBalancerClass ? [invalid(CLASS, name, 'may not change once set')] : []),
    ...(isHealthChecked(spec) && isHealthChecked(old) && port !== old.healthCheckNodePort ? [forbidden(HEALTH, 'field is immutable')] : []),
  ];
}

/** What a balancer says of itself. */
export function validateBalancerStatus({ spec, status }: Service): FieldProblem[] {
  const path: FieldPath = ['status', 'loadBalancer', 'ingress'];
  const { ingress = [] } = status?.loadBalancer ?? {};
  if (!isBalanced(spec)) return ingress.length > 0 ? [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")] : [];
  return ingress.flatMap((point, i) => [
    ...validatePoint(point, [...path, i]),
    ...validateMode(point.ip, point.ipMode, [...path, i, 'ipMode']),
  ]);
}

function validateMode(ip: string | undefined, mode: string | undefined, path: FieldPath): FieldProblem[] {
  if (mode === undefined) return ip ? [required(path, 'must be specified when `ip` is set')] : [];
  if (!ip) return [forbidden(path, 'may not be specified when `ip` is not set')];
  return MODES.includes(mode) ? [] : [notSupported(path, mode, MODES)];
}
