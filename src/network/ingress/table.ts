import { keyOf, parseTime, type Ingress, type IngressBackend, type IngressPath, type ObjectKey } from '../../model/index.ts';
import { policyOf, type Policy } from './policy.ts';
import { securedHosts } from './secured.ts';

/** Where requests go: a port of a Service. */
export interface Backend {
  readonly service: ObjectKey;
  /** Its name, or its number. */
  readonly port: string | number;
}

export interface PathRoute {
  /** Without a slash at its end. */
  readonly path: string;
  /** Only this path, and not those below. */
  readonly isExact: boolean;
  readonly backend: Backend;
  readonly ingress: ObjectKey;
  readonly policy: Policy;
}

/** The routes of one host, the first that matches first. */
export interface HostRoutes {
  readonly paths: readonly PathRoute[];
  readonly isSecured: boolean;
}

/** All that decides where a request goes, as plain data. */
export interface RoutingTable {
  readonly exact: ReadonlyMap<string, HostRoutes>;
  /** By what stands behind the `*.`. */
  readonly wildcard: ReadonlyMap<string, HostRoutes>;
  readonly anyHost: HostRoutes | undefined;
  /** For requests that nothing else matches. */
  readonly fallback: PathRoute | undefined;
}

export interface Compiled {
  readonly table: RoutingTable;
  /** What an Ingress asks for and does not get, and why. */
  readonly problems: ReadonlyMap<ObjectKey, readonly string[]>;
}

/** Compiles the Ingresses. Where two want the same host and path, the older one has it. */
export function compile(ingresses: readonly Ingress[]): Compiled {
  const problems = new Map<ObjectKey, string[]>();
  const hosts = new Map<string, Map<string, PathRoute>>();
  const secured = new Set(ingresses.flatMap((ingress) => securedHosts(ingress).flatMap((each) => each.hosts)));
  let fallback: PathRoute | undefined;
  for (const ingress of ingresses.toSorted(byAge)) {
    const key = keyOf(ingress);
    const tell = (problem: string) => problems.set(key, [...(problems.get(key) ?? []), problem]);
    const policy = policyOf(ingress, tell);
    const add = (host: string, path: IngressPath) => {
      const route = pathRoute(ingress, path, policy, tell);
      if (!route) return;
      const routes = hosts.get(host) ?? new Map<string, PathRoute>();
      hosts.set(host, routes);
      const id = `${route.isExact ? 'Exact' : 'Prefix'} ${route.path}`;
      const other = routes.get(id);
      if (other) return tell(`${host || '*'}${path.path} belongs to Ingress ${other.ingress} already, which is older`);
      routes.set(id, route);
    };
    for (const { host = '', http } of ingress.spec.rules ?? []) for (const path of http?.paths ?? []) add(host, path);
    const all = ingress.spec.defaultBackend && { pathType: 'Prefix' as const, path: '/', backend: ingress.spec.defaultBackend };
    if (!all) continue;
    // One without rules stands for all hosts.
    if (!ingress.spec.rules?.length) fallback ??= pathRoute(ingress, all, policy, tell);
    else for (const { host = '' } of ingress.spec.rules) addDefault(hosts, host, pathRoute(ingress, all, policy, tell));
  }
  return { table: { ...tableOf(hosts, secured), fallback }, problems };
}

/** What an Ingress says for the rest of its hosts yields to what any of them says for the whole host. */
function addDefault(hosts: Map<string, Map<string, PathRoute>>, host: string, route: PathRoute | undefined): void {
  const routes = hosts.get(host) ?? new Map<string, PathRoute>();
  hosts.set(host, routes);
  if (route && !routes.has('Prefix ')) routes.set('Prefix ', route);
}

function byAge(a: Ingress, b: Ingress): number {
  const age = (parseTime(a.metadata.creationTimestamp) ?? 0) - (parseTime(b.metadata.creationTimestamp) ?? 0);
  return age || (keyOf(a) < keyOf(b) ? -1 : 1);
}

function pathRoute(
  ingress: Ingress,
  { path = '/', pathType, backend }: IngressPath,
  policy: Policy,
  tell: (problem: string) => void,
): PathRoute | undefined {
  const target = backendOf(backend, ingress);
  if (!target) return void tell(`the backend of ${path} is no Service: only Services can be reached`);
  const isExact = pathType === 'Exact';
  return { path: isExact ? path : path.replace(/\/+$/, ''), isExact, backend: target, ingress: keyOf(ingress), policy };
}

function backendOf({ service }: IngressBackend, { metadata }: Ingress): Backend | undefined {
  const port = service?.port?.name ?? service?.port?.number;
  return service && port !== undefined ? { service: `${metadata.namespace}/${service.name}`, port } : undefined;
}

function tableOf(hosts: ReadonlyMap<string, ReadonlyMap<string, PathRoute>>, secured: ReadonlySet<string>): Omit<RoutingTable, 'fallback'> {
  const exact = new Map<string, HostRoutes>();
  const wildcard = new Map<string, HostRoutes>();
  let anyHost: HostRoutes | undefined;
  for (const [host, routes] of hosts) {
    const compiled = { paths: [...routes.values()].toSorted(byPrecision), isSecured: secured.has(host) };
    if (host === '') anyHost = compiled;
    else if (host.startsWith('*.')) wildcard.set(host.slice(2), compiled);
    else exact.set(host, compiled);
  }
  return { exact, wildcard, anyHost };
}

/** The longest first; of two that are equally long the exact one. */
function byPrecision(a: PathRoute, b: PathRoute): number {
  return b.path.length - a.path.length || Number(b.isExact) - Number(a.isExact);
}

export interface Match {
  readonly route: PathRoute;
  readonly isSecured: boolean;
}

/** `host` without a port, in lower case; `path` without the query. */
export function match(table: RoutingTable, host: string, path: string): Match | undefined {
  const dot = host.indexOf('.');
  const routes = table.exact.get(host) ?? (dot > 0 ? table.wildcard.get(host.slice(dot + 1)) : undefined) ?? table.anyHost;
  const found = routes?.paths.find((route) => matchesPath(route, path)) ?? table.fallback;
  return found && { route: found, isSecured: routes?.isSecured ?? false };
}

/** A prefix is one of whole parts: `/shop` matches `/shop/cart`, and not `/shopping`. */
function matchesPath({ path, isExact }: PathRoute, asked: string): boolean {
  if (isExact) return asked === path;
  return asked.startsWith(path) && (asked.length === path.length || asked[path.length] === '/');
}
