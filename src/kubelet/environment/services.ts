import type { Service } from '../../model/index.ts';
import type { Environment } from '../runtime.ts';

/** The variables by which a container finds the services of its namespace, `WEB_SERVICE_HOST` and its kin. */
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
