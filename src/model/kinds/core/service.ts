import { dns1035Label } from '../../meta/index.ts';
import { SERVICES, type Service, type ServicePort } from '../../types/index.ts';
import { AGE, ageOf, labelsCell, NAME, NONE, textColumn, wideColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { validateBalancerStatus } from './service-balancer.ts';
import { carryOver, isBalanced, isExternal } from './service-update.ts';
import { validateService } from './service-rules.ts';
import { serviceWarnings } from './service-warnings.ts';

const AFFINITY_SECONDS = 10_800;

export const SERVICE = declareKind<Service>({
  ref: SERVICES,
  schema: { definition: 'core.v1.Service' },
  name: dns1035Label,
  createdByUpdate: true,
  shortNames: ['svc'],
  categories: ['all'],
  subresources: ['status', 'proxy'],
  defaults: (service) => ({ ...service, spec: defaultSpec(service.spec ?? {}) }),
  initialStatus: () => ({ loadBalancer: {} }),
  completeStatus: defaultStatus,
  prepareCreate: withAddresses,
  prepareUpdate: carryOver,
  validate: validateService,
  validateStatus: validateBalancerStatus,
  warnings: serviceWarnings,
  columns: [NAME, ...['Type', 'Cluster-IP', 'External-IP', 'Port(s)'].map(textColumn), AGE, wideColumn('Selector')],
  row: (service, clock) => {
    const { type = '', clusterIP, ports = [], selector } = service.spec;
    const portCell = ports.map(portText).join(',') || NONE;
    return [service.metadata.name, type, clusterIP || NONE, externalCell(service), portCell, ageOf(service, clock), labelsCell(selector)];
  },
  selectable: { 'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '', 'spec.type': ({ spec }) => spec.type ?? '' },
});

/** Who names one address means a list of one. */
function withAddresses({ spec, ...service }: Service): Service {
  const { clusterIP, clusterIPs } = spec;
  return { ...service, spec: clusterIP && !clusterIPs?.length ? { ...spec, clusterIPs: [clusterIP] } : spec };
}

function defaultStatus(service: Service): Service {
  const { spec, status } = service;
  const { ingress } = status?.loadBalancer ?? {};
  if (!ingress || !isBalanced(spec)) return service;
  const complete = ingress.map((point) => (point.ip && !point.ipMode ? { ...point, ipMode: 'VIP' as const } : point));
  return { ...service, status: { ...status, loadBalancer: { ...status?.loadBalancer, ingress: complete } } };
}

/** What is said of an affinity goes with it. */
function defaultSpec({ sessionAffinityConfig, ...spec }: Service['spec']): Service['spec'] {
  const type = spec.type ?? 'ClusterIP';
  const sessionAffinity = spec.sessionAffinity ?? 'None';
  const hasAddress = type !== 'ExternalName';
  return {
    ...spec,
    ...(spec.ports ? { ports: spec.ports.map((port) => defaultPort(port)) } : {}),
    type,
    sessionAffinity,
    ...(sessionAffinity === 'ClientIP'
      ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: AFFINITY_SECONDS, ...sessionAffinityConfig?.clientIP } } }
      : {}),
    ...(isExternal({ ...spec, type }) ? { externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster' } : {}),
    ...(type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true } : {}),
    ...(hasAddress ? { internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster' } : {}),
  };
}

function defaultPort(port: ServicePort): ServicePort {
  return { ...port, protocol: port.protocol ?? 'TCP', targetPort: port.targetPort || port.port };
}

const portText = ({ port, nodePort, protocol }: ServicePort) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`;

function externalCell({ spec, status }: Service): string {
  const own = spec.externalIPs ?? [];
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  if (spec.type !== 'LoadBalancer') return own.join(',') || NONE;
  const given = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  return [...given, ...own].join(',') || '<pending>';
}
