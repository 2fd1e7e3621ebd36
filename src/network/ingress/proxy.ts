import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Agent, H2CClient, Pool } from 'undici';
import { messageOf, type Clock, type Millis, type Random } from '../../base/index.ts';
import type { ObjectKey } from '../../model/index.ts';
import type { Target } from '../routes.ts';
import type { Upstream } from './cluster.ts';
import { BodyStalled, BodyTooLarge, exchange, hasBody, type Outcome, type Passing } from './exchange.ts';
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
  readonly ingress?: ObjectKey | undefined;
  readonly service?: ObjectKey | undefined;
  /** What went wrong. */
  readonly error?: string | undefined;
}

export interface ProxyOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly upstream: (backend: Backend) => Upstream;
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

const HTTP2_CONNECTIONS_PER_ENDPOINT = 64;
const MOST_STREAMS = 100;
/** Pods have certificates of their own making: what is behind the Ingress is not asked who it is. */
const CONNECTING = { connect: { timeout: CONNECT_TIMEOUT, rejectUnauthorized: false }, keepAliveTimeout: IDLE_TIMEOUT };

/** Passes requests on by a routing table that is replaced as a whole. */
export class IngressProxy {
  readonly #options: ProxyOptions;
  readonly #agent = new Agent({
    connections: CONNECTIONS_PER_ENDPOINT,
    pipelining: 1,
    ...CONNECTING,
  });
  readonly #http2Agent = new Agent({
    factory: (origin) =>
      new Pool(origin, {
        connections: HTTP2_CONNECTIONS_PER_ENDPOINT,
        factory: (each) => new H2CClient(each, { ...CONNECTING, maxConcurrentStreams: MOST_STREAMS, pipelining: MOST_STREAMS }),
      }),
  });
  #table: RoutingTable = { exact: new Map(), wildcard: new Map(), anyHost: undefined, fallback: undefined };
  #turn = 0;
  readonly #requestId = () => this.#options.random.hex(32);

  constructor(options: ProxyOptions) {
    this.#options = options;
  }

  update(table: RoutingTable): void {
    this.#table = table;
  }

  async close(): Promise<void> {
    await Promise.all([this.#agent.destroy(), this.#http2Agent.destroy()]);
  }

  /** No promise on its way: what is made for each request is most of what a request costs. */
  serve(request: IncomingMessage, response: ServerResponse, protocol: Asker['protocol']): void {
    const asked = this.#read(request, protocol);
    const { found } = asked;
    if (!found) return this.#refuse(request, response, asked, 404, `no Ingress has a rule for ${asked.host}${asked.path}`);
    const location = this.#redirection(found, asked);
    if (location) {
      response.writeHead(308, { location, 'content-length': 0 }).end();
      return this.#note(request, asked, 308, 0);
    }
    const { route } = found;
    if (Number(request.headers['content-length'] ?? 0) > route.policy.largestBody) {
      return this.#refuse(request, response, asked, 413, 'the request is too large');
    }
    const upstream = this.#options.upstream(route.backend);
    const { targets } = upstream;
    const speaks = route.policy.speaks ?? upstream.speaks;
    if (targets.length === 0) {
      return this.#refuse(request, response, asked, 503, `no endpoint of Service ${route.backend.service} is ready`);
    }
    const headers = forwardedHeaders(request.headers, asked.asker);
    // Without it a server of gRPC takes its client for one that cannot hear how it ended.
    if (speaks === 'h2c' && request.headers.te === 'trailers') headers.push('te', 'trailers');
    this.#try({ request, response, route, url: asked.url, headers, speaks }, asked, {
      targets,
      first: this.#turn++,
      tries: 1,
    });
  }

  /** One endpoint after the other, as long as the client has seen nothing and asking again does no harm. */
  #try(passing: Passing, asked: Asked, round: Round): void {
    const { request, response } = passing;
    exchange(passing, targetOf(round), passing.speaks === 'h2c' ? this.#http2Agent : this.#agent, (outcome) => {
      if (outcome.kind === 'answered') return this.#note(request, asked, outcome.status, outcome.bytes);
      if (outcome.kind === 'broken') return this.#note(request, asked, outcome.status, outcome.bytes, messageOf(outcome.error));
      const next = { ...round, tries: round.tries + 1 };
      if (hasMore(next) && !response.destroyed && isRepeatable(request, outcome)) return this.#try(passing, asked, next);
      this.#fail(passing, asked, outcome.error);
    });
  }

  #fail({ request, response, route }: Passing, asked: Asked, error: Error): void {
    const refuse = (status: number, text: string, told?: string) => this.#refuse(request, response, asked, status, text, told);
    const { service } = route.backend;
    if (response.destroyed) return this.#note(request, asked, 499, 0, messageOf(error));
    if (error instanceof BodyTooLarge) return refuse(413, 'the request is too large');
    if (error instanceof BodyStalled) {
      // What is left of it would be taken for the next request.
      response.setHeader('connection', 'close');
      return refuse(408, 'the request does not go on', messageOf(error));
    }
    if (isTimeout(error)) return refuse(504, `Service ${service} does not answer`, messageOf(error));
    refuse(502, `Service ${service} cannot be reached`, messageOf(error));
  }

  #refuse(request: IncomingMessage, response: ServerResponse, asked: Asked, status: number, text: string, error?: string): void {
    const body = `${text}\n`;
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(body) }).end(body);
    this.#note(request, asked, status, body.length, error);
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
      return this.#note(request, asked, refusal, 0);
    }
    this.#note(request, asked, status, 0);
  }

  async #tryUpgrade({ asked, route, ...upgrading }: Upgraded): Promise<number | 'unreachable' | 'nobody'> {
    const headers = forwardedHeaders(upgrading.request.headers, asked.asker);
    let outcome: number | 'unreachable' | 'nobody' = 'nobody';
    const { targets, speaks } = this.#options.upstream(route.backend);
    const isSecure = (route.policy.speaks ?? speaks) === 'https';
    const first = this.#turn++;
    for (let tries = 1; hasMore({ targets, first, tries }); tries++) {
      const wanted = { ...upgrading, url: asked.url, headers, timeout: route.policy.timeout, isSecure };
      outcome = await upgrade(wanted, targetOf({ targets, first, tries }));
      if (outcome !== 'unreachable' || upgrading.socket.destroyed) return outcome;
    }
    return outcome;
  }

  #read(request: IncomingMessage, protocol: Asker['protocol']): Asked {
    const { authority, host, path, url } = placeOf(request);
    const { remoteAddress = '', localPort = 0 } = request.socket;
    const asker = { address: remoteAddress, port: localPort, protocol, host: authority, requestId: this.#requestId };
    return { at: this.#options.clock.now(), asker, host, path, url, found: match(this.#table, host, path) };
  }

  #redirection({ route, isSecured }: Match, { asker, host, url }: Asked): string | undefined {
    const port = this.#options.securePort();
    if (asker.protocol === 'https' || !isSecured || !route.policy.redirectsToTls || port === undefined) return undefined;
    return `https://${host}${port === 443 ? '' : `:${port}`}${url}`;
  }

  #note({ method }: IncomingMessage, { at, asker, host, path, found }: Asked, status: number, bytes: number, error?: string): void {
    const { clock, served } = this.#options;
    const { address: client, protocol } = asker;
    const ingress = found?.route.ingress;
    const service = found?.route.backend.service;
    served({ at, ms: clock.now() - at, client, protocol, method: method!, host, path, status, bytes, ingress, service, error });
  }
}

/** The endpoints in turns: each request begins with the next one. */
interface Round {
  readonly targets: readonly Target[];
  readonly first: number;
  /** Which one of them it is, from 1. */
  readonly tries: number;
}

const targetOf = ({ targets, first, tries }: Round): Target => targets[(first + tries - 1) % targets.length]!;

const hasMore = ({ targets, tries }: Round): boolean => tries <= Math.min(MOST_TRIES, targets.length);

interface Upgraded extends Pick<Upgrading, 'request' | 'socket' | 'head'> {
  readonly asked: Asked;
  readonly route: PathRoute;
}

interface Asked extends Omit<Place, 'authority'> {
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
