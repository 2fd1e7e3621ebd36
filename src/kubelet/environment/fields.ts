import { milliUnits, parseNanos, wholeUnits, type Container, type Pod, type ResourceList } from '../../model/index.ts';

/** What the downward API knows beside the pod itself. */
export interface PodFacts {
  readonly podIP: string;
  readonly hostIP: string;
  readonly allocatable: ResourceList;
}

/** The value of a `fieldRef`; undefined for a path that it does not know. */
export function fieldValue(pod: Pod, facts: PodFacts, path: string): string | undefined {
  const { metadata, spec } = pod;
  const member = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (member) return metadata[member[1] as 'labels' | 'annotations']?.[member[2]!] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIP;
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIP;
    default:
      return undefined;
  }
}

/** The value of a `resourceFieldRef`, `limits.cpu` and the like; a limit that is not set is its pod's as a whole, or what the node has. */
export function resourceValue(pod: Pod, container: Container, facts: PodFacts, resource: string, divisor = '1'): string | undefined {
  const [kind, ...rest] = resource.split('.');
  const name = rest.join('.');
  if ((kind !== 'limits' && kind !== 'requests') || !name) return undefined;
  const { requests, limits } = container.resources ?? {};
  const amount =
    (kind === 'limits' ? limits?.[name] : (requests?.[name] ?? limits?.[name])) ??
    (kind === 'limits' ? (pod.spec.resources?.limits?.[name] ?? facts.allocatable[name]) : undefined) ??
    '0';
  const unit = divisor === '0' ? '1' : divisor;
  const [nanos, unitNanos] = [parseNanos(amount), parseNanos(unit)];
  if (nanos === undefined || !unitNanos) return undefined;
  if (unit === '1') return String(name === 'cpu' ? Math.ceil(milliUnits(amount) / 1000) : wholeUnits(amount));
  return String((nanos + unitNanos - 1n) / unitNanos);
}
