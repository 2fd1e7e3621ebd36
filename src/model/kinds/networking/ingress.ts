import { dns1123Subdomain } from '../../meta/index.ts';
import { INGRESSES, type Ingress } from '../../types/index.ts';
import { AGE, ageOf, NAME, NONE, textColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { validatePoint } from '../rules/addresses.ts';
import { validateIngress } from './ingress-rules.ts';

const SHOWN_HOSTS = 3;

export const INGRESS = declareKind<Ingress>({
  ref: INGRESSES,
  schema: { definition: 'networking.v1.Ingress' },
  name: dns1123Subdomain,
  shortNames: ['ing'],
  subresources: ['status'],
  defaults: (ingress) => ({ ...ingress, spec: ingress.spec ?? {} }),
  initialStatus: () => ({ loadBalancer: {} }),
  validate: validateIngress,
  validateStatus: ({ status }) =>
    (status?.loadBalancer?.ingress ?? []).flatMap((point, i) => validatePoint(point, ['status', 'loadBalancer', 'ingress', i])),
  raisesGeneration: specChanged,
  columns: [NAME, ...['Class', 'Hosts', 'Address', 'Ports'].map(textColumn), AGE],
  row: (ingress, clock) => {
    const { spec, status } = ingress;
    const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter((address) => address);
    const ports = spec.tls?.length ? '80, 443' : '80';
    return [ingress.metadata.name, spec.ingressClassName ?? NONE, hostsCell(spec), addresses.join(','), ports, ageOf(ingress, clock)];
  },
});

function hostsCell({ rules = [] }: Ingress['spec']): string {
  const hosts = rules.slice(0, SHOWN_HOSTS).flatMap(({ host }) => host || []);
  if (hosts.length === 0) return '*';
  return hosts.join(',') + (rules.length > SHOWN_HOSTS ? ` + ${rules.length - SHOWN_HOSTS} more...` : '');
}
