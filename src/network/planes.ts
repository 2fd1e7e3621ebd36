import { UserError, type Clock, type Log, type Random } from '../base/index.ts';
import { isLoopback } from './addresses.ts';
import type { DataPlane, Listener } from './dataplane.ts';
import { openNft, removeTable } from './nftables/open.ts';
import { createRelay } from './relay.ts';
import { ThreadedRelay } from './relaythread.ts';
import type { Route } from './routes.ts';

export type ProxyMode = 'auto' | 'nftables' | 'userspace';

export interface PlaneOptions {
  readonly mode: ProxyMode;
  /** Of the firewall, where it is used. */
  readonly table: string;
  /** Where the daemon keeps its data: once that is gone, anybody may remove its table. */
  readonly owner?: string;
  /** Services of the control plane itself: their connections end in this thread anyway. */
  readonly own: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface OpenedPlane {
  readonly plane: DataPlane;
  readonly kind: 'nftables' | 'userspace';
  /** Why it is not the other. */
  readonly because?: string;
}

/** The best that this machine permits: the kernel carries what it can, and a relay the rest. */
export async function openPlane({ mode, table, owner, own, ...parts }: PlaneOptions): Promise<OpenedPlane> {
  const here = createRelay(parts);
  const elsewhere = new ThreadedRelay(parts.log);
  const relayFor = ({ service }: Route) => (own.includes(service) ? here : elsewhere);
  // Where the control plane's own cluster addresses are no loopback addresses, whoever runs it has made them the machine's.
  const mayRelay = (route: Route) => isForRelay(route) || own.includes(route.service);
  const userspace = choose((route) => (mayRelay(route) ? relayFor(route) : undefined), [here, elsewhere]);
  if (mode === 'userspace') {
    // One that an earlier life has left would take the connections.
    await removeTable(table);
    return { kind: 'userspace', plane: userspace };
  }
  const opened = await openNft({ table, owner, log: parts.log });
  if (!opened.ok && mode === 'nftables') throw new UserError(`--proxy-mode nftables: ${opened.because}`);
  if (!opened.ok) return { kind: 'userspace', because: opened.because, plane: userspace };
  const { plane, carriesDatagrams } = opened;
  const planeFor = (route: Route) => {
    const isTracked = route.protocol !== 'UDP' || carriesDatagrams;
    if (isForKernel(route) && (isTracked || !mayRelay(route))) return plane;
    return mayRelay(route) ? relayFor(route) : undefined;
  };
  return { kind: 'nftables', plane: choose(planeFor, [plane, here, elsewhere]) };
}

/** Routes wait until it is known what the machine permits, and nothing else does. */
export function whenOpened(opening: Promise<OpenedPlane>): DataPlane {
  return {
    begin: async (routes) => (await opening).plane.begin?.(routes),
    open: async (route) => (await opening).plane.open(route),
    close: () =>
      opening.then(
        ({ plane }) => plane.close(),
        () => {},
      ),
    refuses: true,
  };
}

/**
 * Between loopback and other networks the kernel sends nothing: there a relay has to. It also takes the usual ports of the
 * machine's own addresses: where somebody listens already it is told so, and the kernel would just redirect that one's clients.
 */
export function isForKernel({ address, endpoints, through }: Route): boolean {
  if (address.includes(':') || endpoints.some((endpoint) => isLoopback(endpoint.address) !== isLoopback(address))) return false;
  return !isLoopback(address) || through === 'ClusterIP' || through === 'NodePort';
}

/** A cluster address of containers is no address of this machine: nobody can listen there. */
export function isForRelay({ address, through }: Route): boolean {
  return isLoopback(address) || through !== 'ClusterIP';
}

type Chosen = DataPlane | undefined;

/** Each route by the plane that suits it, also when another one suits it later. Where none does, who asked is told. */
function choose(planeFor: (route: Route) => Chosen, all: readonly DataPlane[]): DataPlane {
  return {
    begin: async (routes) => {
      await Promise.all(all.map((plane) => plane.begin?.(routes.filter((route) => planeFor(route) === plane))));
    },
    open: async (route) => {
      let plane: Chosen = planeFor(route);
      let listener: Listener | undefined = await openAt(plane, route);
      return {
        update: async (now) => {
          const next = planeFor(now);
          const stays = next === plane && listener && isWorthOpening(next, now);
          if (stays) return listener!.update(now);
          await listener?.close();
          plane = next;
          listener = undefined;
          listener = await openAt(next, now);
        },
        close: async () => listener?.close(),
      };
    },
    close: async () => {
      for (const plane of all) await plane.close();
    },
    refuses: true,
  };
}

const isWorthOpening = (plane: Chosen, { endpoints }: Route) => plane?.refuses === true || endpoints.length > 0;

/** Without an endpoint nobody listens, so that clients are refused at once. */
async function openAt(plane: Chosen, route: Route): Promise<Listener | undefined> {
  if (!isWorthOpening(plane, route)) return undefined;
  if (plane) return plane.open(route);
  throw new Error('only the firewall can carry this (it needs root and the package nftables), and only between addresses of one network');
}
