import { parseQuantity, qualifiedName, type FieldPath } from '../../meta/index.ts';
import { invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';

interface FieldRef {
  readonly apiVersion?: string;
  readonly fieldPath?: string;
}

interface ResourceRef {
  readonly containerName?: string;
  readonly resource?: string;
  readonly divisor?: string;
}

const KNOWN_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'spec.schedulerName', 'status.phase', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs']; // prettier-ignore
const WITH_KEY = /^(.+?)\['(.*)'\]$/;

/** A field of the pod that it is told of: one of the supported ones, or a label or an annotation by its key. */
export function validateFieldRef({ apiVersion = 'v1', fieldPath }: FieldRef, supported: readonly string[], path: FieldPath): FieldProblem[] {
  const at = [...path, 'fieldPath'];
  if (!fieldPath) return [required(at)];
  const cannot = (why: string) => [invalid(at, fieldPath, `error converting fieldPath: ${why}`)];
  if (apiVersion !== 'v1') return cannot(`unsupported pod version: ${apiVersion}`);
  const [, map, key = ''] = WITH_KEY.exec(fieldPath) ?? [];
  if (map === 'metadata.labels') return qualifiedName(key).map((why) => invalid(path, key, why));
  if (map === 'metadata.annotations') return qualifiedName(key.toLowerCase()).map((why) => invalid(path, key.toLowerCase(), why));
  if (map !== undefined) return cannot(`field label does not support subscript: ${fieldPath}`);
  if (!KNOWN_FIELDS.includes(fieldPath)) return cannot(`field label not supported: ${fieldPath}`);
  return supported.includes(fieldPath) ? [] : [notSupported(at, fieldPath, supported)];
} // prettier-ignore

const OF_CONTAINERS = ['limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory']; // prettier-ignore
const HUGE_PAGES = /^(limits|requests)\.hugepages-/;
const BYTES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

/** What a container has of a resource, told in a unit. */
export function validateResourceRef({ resource, divisor }: ResourceRef, path: FieldPath): FieldProblem[] {
  if (!resource) return [required([...path, 'resource'])];
  const isKnown = OF_CONTAINERS.includes(resource) || HUGE_PAGES.test(resource);
  return [
    ...(isKnown ? [] : [notSupported([...path, 'resource'], resource, OF_CONTAINERS)]),
    ...validateDivisor(resource, divisor, [...path, 'divisor']),
  ];
}

function validateDivisor(resource: string, divisor: string | undefined, path: FieldPath): FieldProblem[] {
  if (divisor === undefined || parseQuantity(divisor)?.nanos === 0n) return [];
  if (resource.endsWith('.cpu')) {
    return ['1m', '1'].includes(divisor) ? [] : [invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")];
  }
  const word = HUGE_PAGES.test(resource) ? 'hugepages' : resource.endsWith('.memory') ? 'memory' : 'local ephemeral storage';
  const refusal = `only divisor's values ${BYTES.join(', ')} are supported with the ${word} resource`;
  return BYTES.includes(divisor) ? [] : [invalid(path, resource, refusal)];
} // prettier-ignore
