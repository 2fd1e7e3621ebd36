import { isLoopback } from '../addresses.ts';
import { formatTarget, type Route, type Target } from '../routes.ts';

/** What the table holds of one route. */
export interface RouteRules {
  /** Where packets for the route's address are sent. */
  readonly verdict: { readonly map: 'services' | 'refused'; readonly key: string; readonly to: string };
  /** Rules by the name of their chain; a chain comes after those that it sends packets to. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Sets that remember the clients of an endpoint, with the seconds for which they do. */
  readonly sets: ReadonlyMap<string, number>;
  /** Endpoints that reach their own Service: their packets must come back the same way. */
  readonly hairpins: readonly string[];
}

/** What leaves the machine under its own address. */
const MASQUERADE_MARK = '0x4000';
const REFUSE = 'refuse-it';

/**
 * The whole table without a route, in place of whatever is there.
 *
 * Each way in is asked twice: where a packet is in the middle of a chain as that chain is replaced, the kernel finds the old
 * chain's endpoints gone already, and the client would be refused. The second asking sees the new chain. Packets that have
 * found their endpoint do not come there, and of a connection only the first one comes at all.
 */
export function emptyTable(table: string, comment?: string): string {
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {${
    comment === undefined
      ? ''
      : `
  comment "${comment}"`
  }
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  map refused { type ipv4_addr . inet_proto . inet_service : verdict; }
  set hairpins { type ipv4_addr . ipv4_addr; }
  chain ${REFUSE} { meta l4proto tcp reject with tcp reset; reject; }
  chain to-endpoints { ip daddr . meta l4proto . th dport vmap @services; }
  chain refuse { ct state new ip daddr . meta l4proto . th dport vmap @refused; }
  chain incoming { type nat hook prerouting priority dstnat; jump to-endpoints; }
  chain incoming-again { type nat hook prerouting priority dstnat + 1; jump to-endpoints; }
  chain outgoing { type nat hook output priority -100; jump to-endpoints; }
  chain outgoing-again { type nat hook output priority -99; jump to-endpoints; }
  chain leaving {
    type nat hook postrouting priority srcnat;
    ct status dnat ip saddr . ip daddr @hairpins masquerade;
    meta mark & ${MASQUERADE_MARK} != 0 masquerade;
  }
  chain refuse-incoming { type filter hook input priority filter - 10; jump refuse; }
  chain refuse-passing { type filter hook forward priority filter - 10; jump refuse; }
  chain refuse-own { type filter hook output priority filter - 10; jump refuse; }
}
`;
}

export function deleteTable(table: string): string {
  return `add table ip ${table}\ndelete table ip ${table}\n`;
}

/** Compiles a route. */
export function rulesOf(route: Route): RouteRules {
  const { address, port, endpoints } = route;
  const protocol = route.protocol.toLowerCase();
  const key = `${address} . ${protocol} . ${port}`;
  if (endpoints.length === 0) {
    return { verdict: { map: 'refused', key, to: REFUSE }, chains: new Map(), sets: new Map(), hairpins: [] };
  }
  const chain = `${protocol}-${address}-${port}`;
  const remote = endpoints.filter((endpoint) => !isLoopback(endpoint.address));
  const head = [
    ...(route.sources ? [onlyFrom(route.sources)] : []),
    // Answers of a pod of another machine would go past this one, and the client would not know them.
    ...(route.through !== 'ClusterIP' && remote.length > 0 && !route.keepsSource ? [`meta mark set meta mark | ${MASQUERADE_MARK}`] : []),
  ];
  return {
    verdict: { map: 'services', key, to: chain },
    ...(route.affinityMs === undefined
      ? spreading(chain, head, protocol, endpoints)
      : remembering(chain, head, protocol, endpoints, Math.ceil(route.affinityMs / 1000))),
    hairpins: [...new Set(remote.map((endpoint) => `${endpoint.address} . ${endpoint.address}`))],
  };
}

type Chains = Pick<RouteRules, 'chains' | 'sets'>;

/** Each connection to any endpoint. */
function spreading(chain: string, head: readonly string[], protocol: string, endpoints: readonly Target[]): Chains {
  const places = endpoints.map((endpoint, i) => `${i} : ${endpoint.address} . ${endpoint.port}`);
  const spread = `meta l4proto ${protocol} dnat to numgen random mod ${places.length} map { ${places.join(', ')} }`;
  return { chains: new Map([[chain, [...head, spread]]]), sets: new Map() };
}

/** A client's next connection to the endpoint of its last one: each has a chain of its own, and a set of those who came there. */
function remembering(chain: string, head: readonly string[], protocol: string, endpoints: readonly Target[], seconds: number): Chains {
  const named = endpoints.map((endpoint) => ({ name: `${chain}/${endpoint.address}-${endpoint.port}`, endpoint }));
  const known = named.map(({ name }) => `ip saddr @${name} goto ${name}`);
  const goto = named.map(({ name }, i) => `${i} : goto ${name}`);
  return {
    chains: new Map([
      ...named.map(({ name, endpoint }) => [name, affine(name, protocol, endpoint)] as const),
      [chain, [...head, ...known, `numgen random mod ${named.length} vmap { ${goto.join(', ')} }`]],
    ]),
    sets: new Map(named.map(({ name }) => [name, seconds])),
  };
}

/** The table is one of IPv4: networks of IPv6 admit nobody here. */
function onlyFrom(sources: readonly string[]): string {
  const networks = sources.filter((source) => !source.includes(':'));
  return networks.length === 0 ? 'drop' : `ip saddr != { ${networks.join(', ')} } drop`;
}

function affine(set: string, protocol: string, endpoint: Target): readonly string[] {
  return [`update @${set} { ip saddr }`, `meta l4proto ${protocol} dnat to ${formatTarget(endpoint)}`];
}

/** A route that comes, goes or changes. */
export interface RuleChange {
  readonly before: RouteRules | undefined;
  readonly after: RouteRules | undefined;
}

/** The commands of one transaction that bring the table from the one to the other: only what differs, and nothing when nothing does. */
export function transactionOf(table: string, changes: readonly RuleChange[], hairpins: Hairpins): string {
  const steps = changes.map((change) => stepsOf(table, change));
  // What is pointed at comes before what points at it, and goes after it.
  const lines = [
    ...steps.flatMap(({ unlink }) => unlink),
    ...steps.flatMap(({ make }) => make),
    ...steps.flatMap(({ link }) => link),
    ...steps.flatMap(({ remove }) => remove),
    ...hairpins.added.map((pair) => `add element ip ${table} hairpins { ${pair} }`),
    ...hairpins.removed.map((pair) => `delete element ip ${table} hairpins { ${pair} }`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

export interface Hairpins {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

function stepsOf(table: string, { before, after }: RuleChange) {
  const isSameVerdict = before?.verdict.key === after?.verdict.key && before?.verdict.map === after?.verdict.map;
  const [chains, sets] = [before?.chains ?? new Map(), before?.sets ?? new Map()];
  const [newChains, newSets] = [after?.chains ?? new Map<string, readonly string[]>(), after?.sets ?? new Map<string, number>()];
  const changed = [...newChains].filter(([name, rules]) => chains.get(name)?.join('\n') !== rules.join('\n'));
  // A set keeps its time for life: another time is another set.
  const gone = [...sets].filter(([name, seconds]) => newSets.get(name) !== seconds).map(([name]) => name);
  const added = [...newSets].filter(([name, seconds]) => sets.get(name) !== seconds);
  const dropped = [...chains.keys()].filter((name) => !newChains.has(name));
  const remade = gone.filter((name) => newSets.has(name));
  const element = ({ map, key, to }: RouteRules['verdict']) => `${map} { ${key} : goto ${to} }`;
  return {
    unlink: [
      ...(before && !isSameVerdict ? [`delete element ip ${table} ${before.verdict.map} { ${before.verdict.key} }`] : []),
      ...[...chains.keys()].filter((name) => remade.length > 0 || dropped.includes(name)).map((name) => `flush chain ip ${table} ${name}`),
      ...remade.map((name) => `delete set ip ${table} ${name}`),
    ],
    make: [
      ...added.map(([name, seconds]) => `add set ip ${table} ${name} { type ipv4_addr; flags dynamic, timeout; timeout ${seconds}s; }`),
      ...changed.map(([name]) => `add chain ip ${table} ${name}`),
      ...(remade.length > 0 ? [...newChains] : changed).flatMap(([name, rules]) => [
        `flush chain ip ${table} ${name}`,
        ...rules.map((rule: string) => `add rule ip ${table} ${name} ${rule}`),
      ]),
    ],
    link: after && !isSameVerdict ? [`add element ip ${table} ${element(after.verdict)}`] : [],
    remove: [
      ...dropped.map((name) => `delete chain ip ${table} ${name}`),
      ...gone.filter((name) => !remade.includes(name)).map((name) => `delete set ip ${table} ${name}`),
    ],
  };
}
