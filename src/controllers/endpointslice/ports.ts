import type { EndpointPort, Pod, Service, ServicePort } from '../../model/index.ts';

/**
 * Tells the Service's ports as a pod serves them; a named port that the pod does not have is left out. Pods that serve the
 * same get the same array: they are many, and told apart by it.
 */
export function portsReader({ spec: { ports = [] } }: Service): (pod: Pod) => readonly EndpointPort[] {
  const known = new Map<string, readonly EndpointPort[]>();
  return (pod) => {
    const numbers = ports.map((port) => targetOf(port, pod));
    const key = numbers.join();
    const found = known.get(key) ?? portsAt(ports, numbers);
    known.set(key, found);
    return found;
  };
}

function portsAt(ports: readonly ServicePort[], numbers: readonly (number | undefined)[]): readonly EndpointPort[] {
  return ports.flatMap(({ name = '', protocol = 'TCP', appProtocol }, i) => {
    const port = numbers[i];
    return port === undefined ? [] : [{ name, port, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function targetOf({ targetPort, port, protocol = 'TCP' }: ServicePort, pod: Pod): number | undefined {
  if (targetPort === undefined || targetPort === '' || targetPort === 0) return port;
  if (typeof targetPort === 'number') return targetPort;
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  return [...pod.spec.containers, ...sidecars]
    .flatMap((container) => container.ports ?? [])
    .find((candidate) => candidate.name === targetPort && (candidate.protocol ?? 'TCP') === protocol)?.containerPort;
}
