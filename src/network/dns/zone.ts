import type { Endpoint, EndpointSlice, Service } from '../../model/index.ts';
import { clusterAddresses, serviceOf } from '../routes.ts';
import type { Directory } from './directory.ts';

/** Another name. */
export interface Alias {
  readonly type: 'CNAME' | 'PTR';
  readonly target: string;
}

/** What a name of the cluster stands for. */
export type Entry =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'SRV'; readonly target: string; readonly port: number; readonly address: string }
  | Alias
  | { readonly type: 'TXT'; readonly text: string };

/** `absent`: there is no such name. A name without entries exists, as one above others. */
export type Found = readonly Entry[] | 'absent';

const NOTHING: readonly Entry[] = [];
/** The version of the naming rules that this keeps to. */
const RULES_VERSION = '1.1.0';

/**
 * The names below the cluster's domain, as the rules of Kubernetes' DNS give them to Services, to the endpoints of headless
 * ones and to pods. `path` is the name without the domain, in lower case, the last part first.
 */
export function lookUp(path: readonly string[], directory: Directory, domain: string): Found {
  const [kind, namespace, ...rest] = path;
  if (kind === undefined) return NOTHING;
  if (kind === 'dns-version' && namespace === undefined) return [{ type: 'TXT', text: RULES_VERSION }];
  if (kind !== 'svc' && kind !== 'pod') return 'absent';
  if (namespace === undefined) return NOTHING;
  if (!directory.hasNamespace(namespace)) return 'absent';
  if (rest.length === 0) return NOTHING;
  return kind === 'pod' ? podAt(rest) : inService(namespace, rest, directory, domain);
}

/** `10-0-0-7.shop.pod`: the address is in the name. */
function podAt([dashed = '', ...more]: readonly string[]): Found {
  if (more.length > 0) return 'absent';
  if (/^\d{1,3}(-\d{1,3}){3}$/.test(dashed)) {
    const numbers = dashed.split('-').map(Number);
    return numbers.every((number) => number < 256) ? [{ type: 'A', address: numbers.join('.') }] : 'absent';
  }
  return /^[0-9a-f]{0,4}(-[0-9a-f]{0,4}){2,7}$/.test(dashed) ? [{ type: 'AAAA', address: dashed.replaceAll('-', ':') }] : 'absent';
}

function inService(namespace: string, [name = '', ...below]: readonly string[], directory: Directory, domain: string): Found {
  const service = directory.service(`${namespace}/${name}`);
  if (!service) return 'absent';
  if (service.spec.type === 'ExternalName') return below.length === 0 ? [{ type: 'CNAME', target: service.spec.externalName! }] : 'absent';
  const places = isHeadless(service) ? placesOf(directory.slices(`${namespace}/${name}`)) : undefined;
  const own = `${name}.${namespace}.svc.${domain}`;
  const [first, second, ...more] = below;
  if (first === undefined) return addresses(places?.map(({ address }) => address) ?? clusterAddresses(service));
  if (more.length > 0) return 'absent';
  if (first.startsWith('_')) return portNamed(first, second, service, places, own);
  if (second !== undefined || !places) return 'absent';
  const named = places.filter(({ host }) => host === first);
  return named.length === 0 ? 'absent' : addresses(named.map(({ address }) => address));
}

const isHeadless = ({ spec }: Service) => spec.clusterIP === 'None';

interface Place {
  /** Its own, or made of the address. */
  readonly host: string;
  readonly address: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** The endpoints that a headless name stands for: those that are ready, or said to count as ready. */
function placesOf(slices: readonly EndpointSlice[]): readonly Place[] {
  return slices.flatMap(({ endpoints, ports = [] }) =>
    endpoints
      .filter(({ conditions }) => conditions?.ready ?? true)
      .flatMap((endpoint) =>
        endpoint.addresses.map((address) => ({
          host: hostOf(endpoint, address),
          address,
          ports: ports.flatMap(({ name = '', protocol = 'TCP', port }) => (port === undefined ? [] : [{ name, protocol, port }])),
        })),
      ),
  );
}

const hostOf = ({ hostname }: Endpoint, address: string) => hostname ?? address.replaceAll(/[.:]/g, '-');

/** `_http._tcp`: only ports with a name have one. */
function portNamed(
  protocolPart: string,
  portPart: string | undefined,
  service: Service,
  places: readonly Place[] | undefined,
  own: string,
): Found {
  const protocol = protocolPart.slice(1).toUpperCase();
  const ports = service.spec.ports?.filter((port) => (port.protocol ?? 'TCP') === protocol && port.name) ?? [];
  if (portPart === undefined) return ports.length > 0 ? NOTHING : 'absent';
  const asked = portPart.slice(1);
  if (!portPart.startsWith('_') || !ports.some(({ name }) => name === asked)) return 'absent';
  if (!places) {
    const { port } = ports.find(({ name }) => name === asked)!;
    return clusterAddresses(service).map((address) => ({ type: 'SRV', target: own, port, address }));
  }
  return places.flatMap(({ host, address, ports: open }) =>
    open
      .filter((each) => each.name === asked && each.protocol === protocol)
      .map(({ port }) => ({ type: 'SRV' as const, target: `${host}.${own}`, port, address })),
  );
}

function addresses(all: readonly string[]): readonly Entry[] {
  return [...new Set(all)].map((address) => ({ type: address.includes(':') ? 'AAAA' : 'A', address }));
}

/** The names behind an address: those of Services, and those of the endpoints of headless ones. */
export function lookUpAddress(address: string, directory: Directory, domain: string): readonly Entry[] {
  const services = directory.servicesAt(address).map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc.${domain}`);
  if (services.length > 0) return services.map((target) => ({ type: 'PTR', target }));
  const hosts = directory.slicesAt(address).flatMap((slice) => {
    const service = serviceOf(slice);
    if (!service || !directory.service(service) || !isHeadless(directory.service(service)!)) return [];
    const [namespace, name] = service.split('/') as [string, string];
    const own = slice.endpoints.filter(({ addresses: all }) => all.includes(address));
    return own.map((endpoint) => `${hostOf(endpoint, address)}.${name}.${namespace}.svc.${domain}`);
  });
  return [...new Set(hosts)].map((target) => ({ type: 'PTR', target }));
}

/** `7.0.0.10.in-addr.arpa` is 10.0.0.7. */
export function addressInName(name: string): string | undefined {
  const labels = name.split('.');
  if (name.endsWith('.in-addr.arpa') && labels.length === 6) return labels.slice(0, 4).toReversed().join('.');
  if (!name.endsWith('.ip6.arpa') || labels.length !== 34) return undefined;
  const digits = labels.slice(0, 32).toReversed().join('');
  return shortIPv6(digits.match(/.{4}/g)!);
}

/** As addresses are written: without leading zeros, and the longest run of zeros left out. */
function shortIPv6(groups: readonly string[]): string | undefined {
  return URL.parse(`http://[${groups.join(':')}]`)?.hostname.slice(1, -1);
}
