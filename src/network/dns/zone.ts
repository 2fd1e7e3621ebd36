import { isIP } from 'node:net';
import type { EndpointSlice, Service } from '../../model/index.ts';
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
  | { readonly type: 'NS'; readonly target: string; readonly address: string }
  | Alias
  | { readonly type: 'TXT'; readonly text: string };

/** `absent`: there is no such name. A name without entries exists, as one above others. */
export type Found = readonly Entry[] | 'absent';

const NOTHING: readonly Entry[] = [];
/** The version of the naming rules that this keeps to. */
const RULES_VERSION = '1.1.0';
/** The Service of this server itself. */
export const DNS_SERVICE = { namespace: 'kube-system', name: 'kube-dns' } as const;

/**
 * The names below the cluster's domain, as the rules of Kubernetes' DNS give them to Services, to the endpoints of headless
 * ones and to pods. `path` is the name without the domain, in lower case, the last part first.
 */
export function lookUp(path: readonly string[], directory: Directory, domain: string): Found {
  const [kind, namespace, ...rest] = path;
  if (kind === undefined) return serversFor(domain, directory);
  if (kind === 'dns-version' && namespace === undefined) return [{ type: 'TXT', text: RULES_VERSION }];
  if (kind === 'dns' && namespace === 'ns' && rest.length === 0) return addresses(serverAddresses(directory));
  if (kind !== 'svc' && kind !== 'pod') return 'absent';
  if (namespace === undefined) return NOTHING;
  if (!directory.hasNamespace(namespace)) return 'absent';
  if (rest.length === 0) return NOTHING;
  return kind === 'pod' ? podAt(rest) : inService(namespace, rest, directory, domain);
}

function serversFor(domain: string, directory: Directory): readonly Entry[] {
  const target = `${DNS_SERVICE.name}.${DNS_SERVICE.namespace}.svc.${domain}`;
  return serverAddresses(directory).map((address) => ({ type: 'NS', target, address }));
}

function serverAddresses(directory: Directory): readonly string[] {
  const service = directory.service(`${DNS_SERVICE.namespace}/${DNS_SERVICE.name}`);
  return service ? clusterAddresses(service) : [];
}

/** `10-0-0-7.shop.pod`: the address is in the name. */
function podAt([inName = '', ...more]: readonly string[]): Found {
  if (more.length > 0) return 'absent';
  if (/^\d{1,3}(-\d{1,3}){3}$/.test(inName)) {
    const numbers = inName.split('-').map(Number);
    return numbers.every((number) => number < 256) ? [{ type: 'A', address: numbers.join('.') }] : 'absent';
  }
  return /^[0-9a-f]{0,4}(-[0-9a-f]{0,4}){2,7}$/.test(inName) ? [{ type: 'AAAA', address: inName.replaceAll('-', ':') }] : 'absent';
}

function inService(namespace: string, [name = '', ...below]: readonly string[], directory: Directory, domain: string): Found {
  const key = `${namespace}/${name}`;
  const service = directory.service(key);
  if (!service) return 'absent';
  if (service.spec.type === 'ExternalName') return below.length === 0 ? namedOutside(service) : 'absent';
  const own = `${name}.${namespace}.svc.${domain}`;
  const [first, second, ...more] = below;
  if (more.length > 0) return 'absent';
  const isOfService = first === undefined || first.startsWith('_');
  const places = isOfService && !isHeadless(service) ? clusterPlaces(service, own) : endpointPlaces(directory.slices(key), own);
  if (first === undefined) return entriesOf(places);
  if (isOfService) return atPort(first, second, service, places);
  return second === undefined ? entriesOf(places.filter(({ name: each }) => each === `${first}.${own}`)) : 'absent';
}

/** An address is no name, and nobody could ask for what it stands for. */
function namedOutside({ spec: { externalName = '' } }: Service): Found {
  return isIP(externalName) === 0 ? [{ type: 'CNAME', target: externalName.replace(/\.$/, '') }] : 'absent';
}

const isHeadless = ({ spec }: Service) => spec.clusterIP === 'None';

interface Port {
  readonly name?: string;
  readonly protocol?: string;
  readonly port?: number;
}

/** An address with a name. */
interface Place {
  readonly name: string;
  readonly address: string;
  readonly ports: readonly Port[];
}

function clusterPlaces(service: Service, name: string): readonly Place[] {
  return clusterAddresses(service).map((address) => ({ name, address, ports: service.spec.ports ?? [] }));
}

/** The endpoints that are ready, or said to count as ready. */
function endpointPlaces(slices: readonly EndpointSlice[], own: string): readonly Place[] {
  return slices.flatMap(({ endpoints, ports = [] }) =>
    endpoints
      .filter(({ conditions }) => conditions?.ready ?? true)
      .flatMap((endpoint) =>
        endpoint.addresses.map((address) => ({ name: `${endpoint.hostname ?? dashed(address)}.${own}`, address, ports })),
      ),
  );
}

const dashed = (address: string) => address.replaceAll(/[.:]/g, '-');

/** `_http._tcp`: only ports with a name have one. */
function atPort(protocolPart: string, portPart: string | undefined, service: Service, places: readonly Place[]): Found {
  const isOfProtocol = ({ name, protocol = 'TCP' }: Port) => Boolean(name) && `_${protocol.toLowerCase()}` === protocolPart;
  if (portPart === undefined) return service.spec.ports?.some(isOfProtocol) ? NOTHING : 'absent';
  const isAsked = (port: Port) => isOfProtocol(port) && `_${port.name}` === portPart;
  return entriesOf(places.map((place) => ({ ...place, ports: place.ports.filter(isAsked) })).filter(({ ports }) => ports.length > 0));
}

/** A name that stands for no place is absent, as the rules have it of a headless Service without a ready endpoint. */
function entriesOf(places: readonly Place[]): Found {
  if (places.length === 0) return 'absent';
  const targets = places.flatMap(({ name, address, ports }) =>
    ports.flatMap(({ port }): Entry[] => (port === undefined ? [] : [{ type: 'SRV', target: name, port, address }])),
  );
  return [...addresses(places.map(({ address }) => address)), ...targets];
}

function addresses(all: readonly string[]): readonly Entry[] {
  return [...new Set(all)].map((address) => ({ type: address.includes(':') ? 'AAAA' : 'A', address }));
}

/** The names behind an address: those of Services, else those of endpoints that have a name of their own. */
export function lookUpAddress(address: string, directory: Directory, domain: string): readonly Entry[] {
  const services = directory.servicesAt(address).map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc.${domain}`);
  if (services.length > 0) return services.map((target) => ({ type: 'PTR', target }));
  const hosts = directory.slicesAt(address).flatMap((slice) => {
    const service = serviceOf(slice);
    if (!service || !directory.service(service)) return [];
    const [namespace, name] = service.split('/') as [string, string];
    return slice.endpoints.flatMap(({ addresses: all, hostname }) =>
      hostname && all.includes(address) ? [`${hostname}.${name}.${namespace}.svc.${domain}`] : [],
    );
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
