import type { Informer } from '../../client/index.ts';
import type { Service } from '../../model/index.ts';
import type { Environment } from '../runtime.ts';

/** Where every container finds the API. */
const API = { namespace: 'default', name: 'kubernetes' } as const;

/** The variables by which containers find services. */
export interface ServiceLinks {
  /** To those of a namespace. */
  of(namespace: string): Environment;
  /** To the API server, for every container. */
  readonly api: Environment;
}

const known = new WeakMap<Informer<Service>, ServiceLinks>();

/** Put together once for all nodes of this process, and again when a service of the namespace changes. */
export function serviceLinks(services: Informer<Service>): ServiceLinks {
  const made = known.get(services) ?? followServices(services);
  known.set(services, made);
  return made;
}

function followServices(services: Informer<Service>): ServiceLinks {
  const links = new Map<string, Environment>();
  let api: Environment | undefined;
  services.follow(({ before, after }) => {
    const { namespace = '' } = (after ?? before)!.metadata;
    links.delete(namespace);
    if (namespace === API.namespace) api = undefined;
  });
  const make = (namespace: string) => {
    const found = services.list(namespace);
    const variables = serviceVariables(found);
    // The last service that goes takes them along; where there are none, nothing would.
    if (found.length > 0) links.set(namespace, variables);
    return variables;
  };
  return {
    of: (namespace) => links.get(namespace) ?? make(namespace),
    get api() {
      if (api) return api;
      const service = services.get(`${API.namespace}/${API.name}`);
      return (api = serviceVariables(service ? [service] : []));
    },
  };
}

/** `WEB_SERVICE_HOST` and its kin. */
export function serviceVariables(services: readonly Service[]): Environment {
  const variables: Record<string, string> = {};
  for (const { metadata, spec } of services) {
    const { clusterIP: host, ports = [] } = spec;
    const first = ports[0];
    if (!host || host === 'None' || !first) continue;
    const name = metadata.name.toUpperCase().replaceAll('-', '_');
    variables[`${name}_SERVICE_HOST`] = host;
    variables[`${name}_SERVICE_PORT`] = String(first.port);
    variables[`${name}_PORT`] = url(first, host);
    for (const port of ports) {
      const protocol = port.protocol ?? 'TCP';
      const prefix = `${name}_PORT_${port.port}_${protocol}`;
      if (port.name) variables[`${name}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`] = String(port.port);
      variables[prefix] = url(port, host);
      variables[`${prefix}_PROTO`] = protocol.toLowerCase();
      variables[`${prefix}_PORT`] = String(port.port);
      variables[`${prefix}_ADDR`] = host;
    }
  }
  return variables;
}

function url({ protocol = 'TCP', port }: { readonly protocol?: string; readonly port: number }, host: string): string {
  return `${protocol.toLowerCase()}://${host}:${port}`;
}
