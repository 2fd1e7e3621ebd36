import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Agent } from 'undici';
import { messageOf, type Clock, type Millis, type Random } from '../../base/index.ts';
import type { ObjectKey } from '../../model/index.ts';
import type { Target } from '../routes.ts';
import { BodyStalled, BodyTooLarge, exchange, hasBody, type Outcome } from './exchange.ts';
import { forwardedHeaders, type Asker } from './headers.ts';
import { placeOf, type Place } from './place.ts';
import { match, type Backend, type Match, type PathRoute, type RoutingTable } from './table.ts';
import { refuseUpgrade, upgrade, type Upgrading } from './upgrade.ts';

/** One request, as the access log and the metrics tell of it. */
export interface Served {
  readonly at: Millis;
  readonly ms: Millis;
  readonly client: string;
  readonly protocol: 'http' | 'https';
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
  readonly ingress?: ObjectKey;
  readonly service?: ObjectKey;
  /** What went wrong. */
  readonly error?: string;
}

export interface ProxyOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The endpoints that a backend has now. */
  readonly endpoints: (backend: Backend) => readonly Target[];
  readonly served: (entry: Served) => void;
  /** Where TLS is served, for clients that are sent there; undefined: nowhere. */
  readonly securePort: () => number | undefined;
}

/** Asking again must change nothing, also if the first time was only seemingly in vain. */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
const MOST_TRIES = 3;
const CONNECT_TIMEOUT: Millis = 5_000;
const IDLE_TIMEOUT: Millis = 30_000;
/** Streams of events hold theirs for hours: fewer would let a page that is left open keep others out. */
const CONNECTIONS_PER_ENDPOINT = 4_096;

/** Passes requests on by a routing table that is replaced as a whole. */
export class IngressProxy {
  readonly #options: ProxyOptions;
  readonly #agent = new Agent({
    connections: CONNECTIONS_PER_ENDPOINT,
    pipelining: 1,
    connect: { timeout: CONNECT_TIMEOUT },
    keepAliveTimeout: IDLE_TIMEOUT,
  });
  #table: RoutingTable = { exact: new Map(), wildcard: new Map(), anyHost: undefined, fallback: undefined };
  #turn = 0;

  constructor(options: ProxyOptions) {
    this.#options = options;
  }

  update(table: RoutingTable): void {
    this.#table = table;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async serve(request: IncomingMessage, response: ServerResponse, protocol: Asker['protocol']): Promise<void> {
    const asked = this.#read(request, protocol);
    const { found, host } = asked;
    const finish = (status: number, bytes: number, error?: string) => this.#note(request, asked, { status, bytes, error });
    const refuse = (status: number, text: string, error?: string) => {
      const body = `${text}\n`;
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(body) }).end(body);
      finish(status, body.length, error);
    };
    if (!found) return refuse(404, `no Ingress has a rule for ${host}${asked.path}`);
    const location = this.#redirection(found, asked);
    if (location) {
      response.writeHead(308, { location, 'content-length': 0 }).end();
      return finish(308, 0);
    }
    const { route } = found;
    if (Number(request.headers['content-length'] ?? 0) > route.policy.largestBody) return refuse(413, 'the request is too large');
    const outcome = await this.#try(request, response, asked, route);
    if (outcome === 'nobody') return refuse(503, `no endpoint of Service ${route.backend.service} is ready`);
    if (outcome.kind === 'answered') return finish(outcome.status, outcome.bytes);
    const error = messageOf(outcome.error);
    if (outcome.kind === 'broken') return finish(outcome.status, outcome.bytes, error);
    if (response.destroyed) return finish(499, 0, error);
    if (outcome.error instanceof BodyTooLarge) return refuse(413, 'the request is too large');
    if (outcome.error instanceof BodyStalled) {
      // What is left of it would be taken for the next request.
      response.setHeader('connection', 'close');
      return refuse(408, 'the request does not go on', error);
    }
    if (isTimeout(outcome.error)) return refuse(504, `Service ${route.backend.service} does not answer`, error);
    return refuse(502, `Service ${route.backend.service} cannot be reached`, error);
  }

  /** A connection that becomes another protocol: WebSocket. */
  async serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, protocol: Asker['protocol']): Promise<void> {
    const asked = this.#read(request, protocol);
    const { found } = asked;
    // Its end is seen where it matters.
    socket.on('error', () => {});
    const status = found ? await this.#tryUpgrade({ request, socket, head, asked, route: found.route }) : 404;
    if (!found || status === 'nobody' || status === 'unreachable') {
      const refusal = !found ? 404 : status === 'nobody' ? 503 : 502;
      refuseUpgrade(socket, refusal);
      return this.#note(request, asked, { status: refusal, bytes: 0 });
    }
    this.#note(request, asked, { status, bytes: 0 });
  }

  async #tryUpgrade({ asked, route, ...upgrading }: Upgraded): Promise<number | 'unreachable' | 'nobody'> {
    const headers = forwardedHeaders(upgrading.request.headers, asked.asker);
    let outcome: number | 'unreachable' | 'nobody' = 'nobody';
    for (const target of this.#endpointsOf(route).slice(0, MOST_TRIES)) {
      outcome = await upgrade({ ...upgrading, url: asked.url, headers, timeout: route.policy.timeout }, target);
      if (outcome !== 'unreachable' || upgrading.socket.destroyed) return outcome;
    }
    return outcome;
  }

  #read(request: IncomingMessage, protocol: Asker['protocol']): Asked {
    const { clock, random } = this.#options;
    const place = placeOf(request);
    const { remoteAddress = '', localPort = 0 } = request.socket;
    const asker = { address: remoteAddress, port: localPort, protocol, host: place.authority, requestId: () => random.hex(32) };
    return { ...place, at: clock.now(), asker, found: match(this.#table, place.host, place.path) };
  }

  #redirection({ route, isSecured }: Match, { asker, host, url }: Asked): string | undefined {
    const port = this.#options.securePort();
    if (asker.protocol === 'https' || !isSecured || !route.policy.redirectsToTls || port === undefined) return undefined;
    return `https://${host}${port === 443 ? '' : `:${port}`}${url}`;
  }

  /** One endpoint after the other, as long as the client has seen nothing and asking again does no harm. */
  async #try(request: IncomingMessage, response: ServerResponse, asked: Asked, route: PathRoute): Promise<Outcome | 'nobody'> {
    const passing = { request, response, route, url: asked.url, headers: forwardedHeaders(request.headers, asked.asker) };
    let outcome: Outcome | 'nobody' = 'nobody';
    for (const target of this.#endpointsOf(route).slice(0, MOST_TRIES)) {
      outcome = await exchange(passing, target, this.#agent);
      if (outcome.kind !== 'failed' || response.destroyed || !isRepeatable(request, outcome)) return outcome;
    }
    return outcome;
  }

  /** In turns. */
  #endpointsOf({ backend }: PathRoute): readonly Target[] {
    const all = this.#options.endpoints(backend);
    if (all.length < 2) return all;
    const first = this.#turn++ % all.length;
    return [...all.slice(first), ...all.slice(0, first)];
  }

  #note(request: IncomingMessage, { at, asker, host, path, found }: Asked, end: Pick<Served, 'status' | 'bytes' | 'error'>): void {
    const { clock, served } = this.#options;
    const { address: client, protocol } = asker;
    const about = found ? { ingress: found.route.ingress, service: found.route.backend.service } : {};
    served({ at, ms: clock.now() - at, client, protocol, method: request.method!, host, path, ...end, ...about });
  }
}

interface Upgraded extends Pick<Upgrading, 'request' | 'socket' | 'head'> {
  readonly asked: Asked;
  readonly route: PathRoute;
}

interface Asked extends Place {
  readonly at: Millis;
  readonly asker: Asker;
  readonly found: Match | undefined;
}

/** Where no connection was made nothing has happened at all; who is slow may still be at it. */
function isRepeatable(request: IncomingMessage, { isSent, error }: Extract<Outcome, { kind: 'failed' }>): boolean {
  if (request.readableDidRead) return false;
  return !isSent || (!isTimeout(error) && REPEATABLE.has(request.method!) && !hasBody(request));
}

function isTimeout(error: Error): boolean {
  return /TIMEOUT/.test((error as NodeJS.ErrnoException).code ?? '');
}
