import { dns1035Label } from '../../meta/index.ts';
import { SERVICES, type Service, type ServicePort } from '../../types/index.ts';
import { AGE, ageOf, labelsCell, NAME, NONE, textColumn, wideColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { validateService } from './service-rules.ts';

const AFFINITY_SECONDS = 10_800;

export const SERVICE = declareKind<Service>({
  ref: SERVICES,
  schema: { definition: 'core.v1.Service' },
  name: dns1035Label,
  shortNames: ['svc'],
  categories: ['all'],
  subresources: ['status', 'proxy'],
  defaults: (service) => ({ ...service, spec: defaultSpec(service.spec ?? {}) }),
  initialStatus: () => ({ loadBalancer: {} }),
  prepareUpdate: keepAllocated,
  validate: validateService,
  columns: [NAME, ...['Type', 'Cluster-IP', 'External-IP', 'Port(s)'].map(textColumn), AGE, wideColumn('Selector')],
  row: (service, clock) => {
    const { type = '', clusterIP, ports = [], selector } = service.spec;
    const portCell = ports.map(portText).join(',') || NONE;
    return [service.metadata.name, type, clusterIP || NONE, externalCell(service), portCell, ageOf(service, clock), labelsCell(selector)];
  },
  selectable: { 'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '', 'spec.type': ({ spec }) => spec.type ?? '' },
});

function defaultSpec(spec: Service['spec']): Service['spec'] {
  const type = spec.type ?? 'ClusterIP';
  const sessionAffinity = spec.sessionAffinity ?? 'None';
  const hasAddress = type !== 'ExternalName';
  const isExternal = type === 'NodePort' || type === 'LoadBalancer' || (hasAddress && spec.externalIPs !== undefined);
  return {
    ...spec,
    ...(spec.ports ? { ports: spec.ports.map((port) => defaultPort(port)) } : {}),
    type,
    sessionAffinity,
    ...(sessionAffinity === 'ClientIP'
      ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: AFFINITY_SECONDS, ...spec.sessionAffinityConfig?.clientIP } } }
      : {}),
    ...(isExternal ? { externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster' } : {}),
    ...(type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true } : {}),
    ...(hasAddress ? { internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster' } : {}),
    ...(hasAddress ? { ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack', ipFamilies: spec.ipFamilies ?? ['IPv4'] } : {}),
    ...(spec.clusterIP && !spec.clusterIPs ? { clusterIPs: [spec.clusterIP] } : {}),
  };
}

function defaultPort(port: ServicePort): ServicePort {
  return { ...port, protocol: port.protocol ?? 'TCP', targetPort: port.targetPort ?? port.port };
}

/** An update that does not name the addresses and ports that were given out keeps them, as long as its type still has such. */
function keepAllocated(service: Service, old: Service): Service {
  const { spec } = service;
  if (spec.type === 'ExternalName' || old.spec.type === 'ExternalName') return service;
  const clusterIP = spec.clusterIP || old.spec.clusterIP;
  const asked = spec.clusterIP && spec.clusterIP !== old.spec.clusterIP ? [spec.clusterIP] : undefined;
  const clusterIPs = asked ?? spec.clusterIPs ?? old.spec.clusterIPs;
  const hasNodePorts = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  const ports = spec.ports?.map((port) => keepNodePort(port, hasNodePorts, spec.type === old.spec.type ? undefined : old, old));
  return {
    ...service,
    spec: { ...spec, ...(clusterIP ? { clusterIP } : {}), ...(clusterIPs ? { clusterIPs } : {}), ...(ports ? { ports } : {}) },
  };
}

function keepNodePort(port: ServicePort, hasNodePorts: boolean, changedFrom: Service | undefined, old: Service): ServicePort {
  const before = old.spec.ports?.find((other) => other.port === port.port && other.protocol === port.protocol)?.nodePort;
  if (hasNodePorts) return port.nodePort || before === undefined ? port : { ...port, nodePort: before };
  // A type without node ports lets go of those that came from the old one, not of those that someone asks for.
  if (!changedFrom || port.nodePort === undefined || port.nodePort !== before) return port;
  const { nodePort: _, ...released } = port;
  return released;
}

const portText = ({ port, nodePort, protocol }: ServicePort) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`;

function externalCell({ spec, status }: Service): string {
  const own = spec.externalIPs ?? [];
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  if (spec.type !== 'LoadBalancer') return own.join(',') || NONE;
  const given = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  return [...given, ...own].join(',') || '<pending>';
}
