import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../base/index.ts';
import type { Outlet } from './message.ts';

/** What has not been answered after this is cut. */
const CLOSING_GRACE = 5000;

/** So long a client that has all its answers may take to say that it has them. */
const LINGER = 250;

/** Everything of a server that is open, so that it can be closed. */
export class Connections {
  /** Watches and logs: they would go on for ever, and their clients resume elsewhere. */
  readonly live = new Set<Outlet>();
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #secured = new Set<TLSSocket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #answering = new Set<Promise<void>>();

  constructor(server: Http2SecureServer) {
    this.#server = server;
    server.on('connection', (socket: Socket) => keep(this.#sockets, socket));
    server.on('secureConnection', (socket) => keep(this.#secured, socket));
    server.on('session', (session) => keep(this.#sessions, session));
    // A session that breaks closes, and that is all there is to do about it.
    server.on('sessionError', () => {});
  }

  async own(working: Promise<void>): Promise<void> {
    this.#answering.add(working);
    await working;
    this.#answering.delete(working);
  }

  async close(clock: Clock): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    const cut = clock.after(CLOSING_GRACE, () => this.#cut());
    for (const outlet of this.live) outlet.end();
    for (const session of this.#sessions) session.close();
    await Promise.allSettled(this.#answering);
    cut.cancel();
    const linger = clock.after(LINGER, () => this.#cut());
    for (const socket of this.#secured) if (socket.alpnProtocol !== 'h2') socket.destroySoon();
    await closed;
    linger.cancel();
  }

  #cut(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}

function keep<T extends { once(event: 'close', closed: () => void): unknown }>(all: Set<T>, one: T): void {
  all.add(one);
  one.once('close', () => all.delete(one));
}
