import type { BlockList } from 'node:net';
import type { Millis, Random } from '../base/index.ts';
import { isWithin, rangesOf } from './addresses.ts';
import { formatTarget, type Route, type Target } from './routes.ts';

interface Stay {
  readonly target: Target;
  readonly until: Millis;
}

/** Clients whose endpoint is remembered for one route; the one that was seen longest ago is forgotten first. */
const MOST_CLIENTS = 10_000;

/** Spreads the connections of one route evenly over its endpoints, and keeps a client with its endpoint where asked to. */
export class Balancer {
  #route: Route;
  #next: number;
  #sources: BlockList | undefined;
  readonly #stays = new Map<string, Stay>();

  constructor(route: Route, random: Random) {
    this.#route = route;
    this.#sources = route.sources && rangesOf(route.sources);
    this.#next = Math.floor(random.fraction() * 2 ** 16);
  }

  update(route: Route): void {
    this.#route = route;
    this.#sources = route.sources && rangesOf(route.sources);
    if (route.affinityMs === undefined) this.#stays.clear();
  }

  /** Whether clients from there are served. */
  admits(address: string | undefined): boolean {
    return this.#sources === undefined || (address !== undefined && isWithin(this.#sources, address));
  }

  /** Whether connections go there now. */
  has(target: Target): boolean {
    return this.#route.endpoints.some((each) => isSame(each, target));
  }

  /** All endpoints, in the order in which this connection tries them. */
  order(client: string, now: Millis): readonly Target[] {
    const { endpoints } = this.#route;
    const stay = this.#stays.get(client);
    const home = stay && stay.until > now ? endpoints.findIndex((target) => isSame(target, stay.target)) : -1;
    const first = home >= 0 ? home : this.#next++ % Math.max(1, endpoints.length);
    return [...endpoints.slice(first), ...endpoints.slice(0, first)];
  }

  /** The client was connected to this endpoint. */
  connected(client: string, target: Target, now: Millis): void {
    const { affinityMs } = this.#route;
    if (affinityMs === undefined) return;
    this.#stays.delete(client);
    this.#stays.set(client, { target, until: now + affinityMs });
    if (this.#stays.size > MOST_CLIENTS) this.#stays.delete(this.#stays.keys().next().value!);
  }
}

function isSame(a: Target, b: Target): boolean {
  return formatTarget(a) === formatTarget(b);
}
