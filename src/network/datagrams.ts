import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { messageOf, type Clock, type Log, type Millis, type Timer } from '../base/index.ts';
import type { Balancer } from './balancer.ts';
import type { Listener } from './dataplane.ts';
import { formatTarget, type Route, type Target } from './routes.ts';

export interface DatagramOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly relays: DatagramRelays;
}

/** A client that says nothing for so long, and is told nothing, is forgotten. */
const IDLE: Millis = 60_000;
/** Over all routes; each takes a socket. */
const MOST_SESSIONS = 4_096;
/** What a client says before its session stands. */
const MOST_QUEUED = 16;

/** All routes together. */
export class DatagramRelays {
  readonly #open = new Set<DatagramRelay>();
  sessions = 0;

  get isFull(): boolean {
    return this.sessions >= MOST_SESSIONS;
  }

  opened(relay: DatagramRelay): DatagramRelay {
    this.#open.add(relay);
    return relay;
  }

  closed(relay: DatagramRelay): void {
    this.#open.delete(relay);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((relay) => relay.close()));
  }
}

/** What one client of a route says, and what it is answered. */
class Session {
  readonly socket: Socket;
  readonly target: Target;
  until: Millis = 0;
  #queued: Buffer[] | undefined = [];

  constructor(target: Target, answer: (message: Buffer) => void) {
    this.target = target;
    this.socket = createSocket({ type: target.address.includes(':') ? 'udp6' : 'udp4', lookup: asItIs });
    this.socket.on('message', answer);
    this.socket.connect(target.port, target.address, () => {
      for (const message of this.#queued ?? []) this.socket.send(message);
      this.#queued = undefined;
    });
  }

  send(message: Buffer): void {
    if (!this.#queued) this.socket.send(message);
    else if (this.#queued.length < MOST_QUEUED) this.#queued.push(message);
  }
}

/** Addresses are no names: there is nothing to look up. */
const asItIs = (address: string, _: unknown, found: (error: null, address: string, family: number) => void) =>
  found(null, address, address.includes(':') ? 6 : 4);

/** Relays datagrams: each client has a socket of its own towards its endpoint, by which the answers find back. */
export class DatagramRelay implements Listener {
  readonly #socket: Socket;
  readonly #balancer: Balancer;
  readonly #options: DatagramOptions;
  /** In the order in which they were used last. */
  readonly #sessions = new Map<string, Session>();
  #sweep: Timer | undefined;

  /** Rejects with the system's error when the address cannot be listened on. */
  static async open(route: Route, balancer: Balancer, options: DatagramOptions): Promise<DatagramRelay> {
    const socket = createSocket(route.address.includes(':') ? 'udp6' : 'udp4');
    socket.bind({ address: route.address, port: route.port, exclusive: true });
    await once(socket, 'listening');
    return options.relays.opened(new DatagramRelay(socket, balancer, options, route));
  }

  private constructor(socket: Socket, balancer: Balancer, options: DatagramOptions, { id }: Route) {
    this.#socket = socket;
    this.#balancer = balancer;
    this.#options = options;
    socket.on('message', (message, from) => this.#receive(message, from));
    socket.on('error', (error) => options.log.warn({ route: id, error: error.message }, 'datagrams not received'));
  }

  /** Whoever talks to an endpoint that has left talks to another from now on. */
  update(route: Route): void {
    this.#balancer.update(route);
    for (const [client, { target }] of this.#sessions) if (!this.#balancer.has(target)) this.#end(client);
  }

  async close(): Promise<void> {
    this.#options.relays.closed(this);
    for (const client of this.#sessions.keys()) this.#end(client);
    this.#sweep?.cancel();
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #receive(message: Buffer, from: RemoteInfo): void {
    if (!this.#balancer.admits(from.address)) return;
    const client = formatTarget(from);
    const session = this.#sessions.get(client) ?? this.#begin(client, from);
    if (!session) return;
    this.#use(client, session);
    session.send(message);
  }

  #begin(client: string, { address, port }: RemoteInfo): Session | undefined {
    const { clock, log, relays } = this.#options;
    const oldest = relays.isFull ? this.#sessions.keys().next().value : undefined;
    if (oldest !== undefined) this.#end(oldest);
    const [target] = this.#balancer.order(address, clock.now());
    if (!target || relays.isFull) return undefined;
    this.#balancer.connected(address, target, clock.now());
    const session = new Session(target, (answer) => {
      this.#use(client, session);
      this.#socket.send(answer, port, address);
    });
    session.socket.on('error', (error) => {
      log.debug({ endpoint: formatTarget(target), error: messageOf(error) }, 'endpoint does not take datagrams');
      if (this.#sessions.get(client) === session) this.#end(client);
    });
    relays.sessions++;
    return session;
  }

  #use(client: string, session: Session): void {
    session.until = this.#options.clock.now() + IDLE;
    this.#sessions.delete(client);
    this.#sessions.set(client, session);
    this.#sweep ??= this.#options.clock.after(IDLE, () => this.#forgetIdle());
  }

  #forgetIdle(): void {
    const now = this.#options.clock.now();
    this.#sweep = undefined;
    for (const [client, { until }] of this.#sessions) {
      if (until > now) {
        this.#sweep = this.#options.clock.after(until - now, () => this.#forgetIdle());
        return;
      }
      this.#end(client);
    }
  }

  #end(client: string): void {
    this.#sessions.get(client)!.socket.close();
    this.#sessions.delete(client);
    this.#options.relays.sessions--;
  }
}
