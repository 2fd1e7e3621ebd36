import { UserError } from '../base/index.ts';
import type { Ingress, IngressPath, Service, ServicePort } from '../model/index.ts';

/** Where something is reached, and what a person should know of it. */
export interface Place {
  /** A URL, or host and port where it is no website. */
  readonly address: string;
  readonly hint?: string;
}

/** One place for each port, or the one that is asked for by name or number. */
export function placesOfService(service: Service, wantedPort?: string): readonly Place[] {
  const { metadata, spec } = service;
  const named = `Service ${metadata.namespace}/${metadata.name}`;
  if (spec.type === 'ExternalName') throw new UserError(`${named} is another name for ${spec.externalName}, and has no address of its own`);
  if (!spec.clusterIP || spec.clusterIP === 'None') {
    throw new UserError(`${named} is headless: its pods are reached one by one, see kubectl get endpointslices -n ${metadata.namespace}`);
  }
  const ports = (spec.ports ?? []).filter(
    ({ name, port }) => wantedPort === undefined || name === wantedPort || String(port) === wantedPort,
  );
  if (ports.length === 0) throw new UserError(`${named} has no port ${wantedPort ?? ''}`.trimEnd());
  const balanced = service.status?.loadBalancer?.ingress?.[0];
  const host = balanced?.ip ?? balanced?.hostname ?? spec.clusterIP;
  return ports.map((port) => ({ address: addressOf(port, host) }));
}

/** The page to look at first: of a Service that the repository brought, where there is one; of the control plane's own, never. */
export function firstPage(services: readonly Service[]): string | undefined {
  const theirs = services.filter(({ metadata, spec }) => {
    const isOwn = metadata.namespace === 'kube-system' || (metadata.namespace === 'default' && metadata.name === 'kubernetes');
    return !isOwn && spec.type !== 'ExternalName' && spec.clusterIP && spec.clusterIP !== 'None' && spec.ports?.length;
  });
  const brought = theirs.filter(({ metadata }) => metadata.labels?.['slipway.dev/application'] !== undefined);
  return [...brought, ...theirs]
    .flatMap((service) => placesOfService(service))
    .map(({ address }) => address)
    .find((address) => /^https?:/.test(address));
}

function addressOf(port: ServicePort, host: string): string {
  const { name = '', protocol = 'TCP', port: number } = port;
  const said = (port as { appProtocol?: string }).appProtocol ?? name;
  const place = `${host.includes(':') ? `[${host}]` : host}:${number}`;
  if (protocol !== 'TCP') return `${place} (${protocol})`;
  if (number === 443 || said.startsWith('https')) return withPort('https', host, number);
  return said === '' || number === 80 || /^(http|web|grpc|ws)/.test(said) ? withPort('http', host, number) : place;
}

const USUAL_PORTS = { http: 80, https: 443 } as const;

function withPort(scheme: keyof typeof USUAL_PORTS, host: string, port: number, path = '/'): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${name}${port === USUAL_PORTS[scheme] ? '' : `:${port}`}${path}`;
}

/** One place for each path of each host. */
export function placesOfIngress({ metadata, spec, status }: Ingress): readonly Place[] {
  const named = `Ingress ${metadata.namespace}/${metadata.name}`;
  const doors = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip = '', ports = [] }) => ports.map(({ port }) => ({ ip, port })));
  const [http, https] = [doors[0], doors[1]];
  if (!http) throw new UserError(`${named} is not served: see kubectl describe ingress ${metadata.name} -n ${metadata.namespace}`);
  // An entry that names no host is for all of them.
  const isSecured = (host: string) => (spec.tls ?? []).some(({ hosts = [] }) => hosts.length === 0 || hosts.includes(host));
  const rules = spec.rules?.length ? spec.rules : [{}];
  return rules.flatMap(({ host = '', http: paths }: { host?: string; http?: { paths: readonly IngressPath[] } }) => {
    const door = isSecured(host) && https ? https : http;
    const scheme = door === https ? 'https' : 'http';
    const name = host.replace(/^\*\./, 'any.');
    return (paths?.paths ?? [{ path: '/' }]).map(({ path = '/' }) => ({
      address: withPort(scheme, name || http.ip, door.port, path),
      ...(name === '' || isLocal(name)
        ? {}
        : { hint: `if ${name} does not lead to this machine: curl --resolve ${name}:${door.port}:${door.ip}` }),
    }));
  });
}

/** Programs take these for this machine, without asking anybody. */
const isLocal = (host: string) => host === 'localhost' || host.endsWith('.localhost');
