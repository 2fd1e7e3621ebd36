import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { http, messageOf, type Log, type Millis } from '../../base/index.ts';
import type { Certificates } from './certificates.ts';
import type { IngressProxy } from './proxy.ts';

export interface DoorOptions {
  readonly proxy: IngressProxy;
  readonly certificates: Certificates;
  readonly log: Log;
  /** For clients that name no host, or one without a certificate. */
  readonly fallback: { readonly cert: string; readonly key: string };
}

/** A client that says nothing. */
const HEADERS_TIMEOUT: Millis = 20_000;
const IDLE_TIMEOUT: Millis = 75_000;
const MOST_CONNECTIONS = 10_000;
/** Of one connection over HTTP/2, at the same time. */
const MOST_STREAMS = 128;

/** A place where requests come in. */
export class Door {
  readonly #server: Server | Http2SecureServer;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server | Http2SecureServer) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static plain({ proxy, log }: DoorOptions): Door {
    const server = http.createServer({
      headersTimeout: HEADERS_TIMEOUT,
      keepAliveTimeout: IDLE_TIMEOUT,
      requestTimeout: 0,
      // Most requests have no body: no stream is set up for it.
      optimizeEmptyRequests: true,
    });
    server.maxConnections = MOST_CONNECTIONS;
    return new Door(attach(server, 'http', proxy, log) as Server);
  }

  /** HTTP/2, and HTTP/1.1 for those who ask for it. */
  static secure({ proxy, certificates, log, fallback }: DoorOptions): Door {
    const server = createSecureServer({
      ...fallback,
      allowHTTP1: true,
      // Else the answer to the first request of a connection waits 40 ms for a word that the client has got its tickets.
      noDelay: true,
      settings: { maxConcurrentStreams: MOST_STREAMS },
      SNICallback: (name, done) => done(null, certificates.find(name)),
    });
    server.on('session', closeWhenIdle);
    server.maxConnections = MOST_CONNECTIONS;
    // Of those who speak HTTP/1.1; the constructor has no place for them.
    Object.assign(server, { headersTimeout: HEADERS_TIMEOUT, keepAliveTimeout: IDLE_TIMEOUT });
    return new Door(attach(server, 'https', proxy, log) as Http2SecureServer);
  }

  /** Rejects with the system's error when the address cannot be had. Gives the port. */
  async listen(address: string, port: number): Promise<number> {
    this.#server.listen(port, address);
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** A session that carries a request waits as long as that one may. */
function closeWhenIdle(session: ServerHttp2Session): void {
  let open = 0;
  session.on('stream', (stream) => {
    open++;
    stream.once('close', () => open--);
  });
  session.setTimeout(IDLE_TIMEOUT, () => open === 0 && session.close());
}

function attach(server: Server | Http2SecureServer, protocol: 'http' | 'https', proxy: IngressProxy, log: Log): Server | Http2SecureServer {
  const failed = (error: unknown) => log.warn({ error: messageOf(error) }, 'ingress request failed');
  const plain = server as Server;
  plain.on('request', (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', breakOff);
    try {
      proxy.serve(request, response, protocol);
    } catch (error) {
      failed(error);
      response.destroy();
    }
  });
  plain.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    proxy.serveUpgrade(request, socket, head, protocol).catch((error: unknown) => {
      failed(error);
      socket.destroy();
    });
  });
  return server;
}

function breakOff(this: ServerResponse): void {
  this.destroy();
}
