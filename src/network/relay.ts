import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, type Clock, type Log, type Random } from '../base/index.ts';
import { Balancer } from './balancer.ts';
import type { DataPlane, Listener } from './dataplane.ts';
import { DatagramRelay, DatagramRelays } from './datagrams.ts';
import { dial, type Dialled } from './dial.ts';
import { formatTarget, type Route } from './routes.ts';
import { splice } from './splice.ts';

export interface RelayOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Each takes two file descriptors. What comes beyond is reset. */
  readonly mostConnections?: number;
}

const MOST_CONNECTIONS = 8_192;

/** A relay in this thread. */
export function createRelay(options: RelayOptions): DataPlane {
  return new Relay(options);
}

class Relay implements DataPlane {
  readonly #options: RelayOptions;
  readonly #sockets = new Set<Socket>();
  readonly #datagrams = new DatagramRelays();
  #connections = 0;
  #full = false;
  #closed = false;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  async open(route: Route): Promise<Listener> {
    const balancer = new Balancer(route, this.#options.random);
    if (route.protocol === 'UDP') return DatagramRelay.open(route, balancer, { ...this.#options, relays: this.#datagrams });
    // What a client sends early waits in its socket: until its endpoint is connected, another endpoint can be tried.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => void this.#carry(client, balancer, route));
    await listening(server, route);
    server.on('error', (error) => this.#options.log.warn({ route: route.id, error: error.message }, 'connection not accepted'));
    return { update: (now) => balancer.update(now), close: async () => void server.close() };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#datagrams.close();
    const open = [...this.#sockets].filter((socket) => !socket.closed);
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve).destroy())));
  }

  async #carry(client: Socket, balancer: Balancer, route: Route): Promise<void> {
    this.#track(client);
    client.on('error', (error) => this.#options.log.debug({ service: route.service, error: error.message }, 'client broke off'));
    if (!balancer.admits(client.remoteAddress) || this.#isFull(route)) return void client.resetAndDestroy();
    this.#connections++;
    client.once('close', () => this.#connections--);
    const upstream = await this.#connect(client, balancer, route);
    if (upstream) splice(client, upstream);
    else client.resetAndDestroy();
  }

  /** The first endpoint that takes the connection. */
  async #connect(client: Socket, balancer: Balancer, route: Route): Promise<Dialled | undefined> {
    const { clock, log } = this.#options;
    const from = client.remoteAddress ?? '';
    for (const target of balancer.order(from, clock.now())) {
      try {
        const upstream = await dial(target, clock, (socket) => this.#track(socket));
        if (client.destroyed || this.#closed) return void upstream.socket.destroy();
        balancer.connected(from, target, clock.now());
        return upstream;
      } catch (error) {
        if (client.destroyed || this.#closed) return undefined;
        log.debug(
          { service: route.service, endpoint: formatTarget(target), error: messageOf(error) },
          'endpoint does not take connections',
        );
      }
    }
    return undefined;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #isFull(route: Route): boolean {
    const limit = this.#options.mostConnections ?? MOST_CONNECTIONS;
    const full = this.#connections >= limit;
    if (full && !this.#full)
      this.#options.log.warn({ service: route.service, limit }, 'too many connections through Services: new ones are reset');
    this.#full = full;
    return full;
  }
}

function listening(server: Server, { address, port }: Route): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
