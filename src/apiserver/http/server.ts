import type { ServerOptions as HttpServerOptions } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { UserError, messageOf, noteArrival, systemRandom, type Clock, type Log, type MetricFamily, type Random } from '../../base/index.ts';
import type { LogEntry } from '../../store/index.ts';
import type { Api, Measure, NodeEndpoints, Reviews } from '../api.ts';
import {
  byCertificate,
  mastersOnly,
  orAnonymous,
  type Authenticate,
  type Authorize,
  type Certificates,
  type OpenIdDocuments,
} from '../auth/index.ts';
import { Audit } from './audit.ts';
import type { Backend, VersionInfo } from './backend.ts';
import { Connections } from './connections.ts';
import { handle } from './handle.ts';
import type { ReadJournal } from './journal.ts';
import { EventLines } from './lines.ts';
import { BodyMemory, Load } from './load.ts';
import { RequestCounts } from './metrics.ts';
import { OpenApi } from './openapi.ts';
import { upgrade } from './upgrade.ts';

export interface ServerOptions {
  readonly api: Api;
  readonly tls: Pick<Certificates, 'ca' | 'server'>;
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly nodes: NodeEndpoints;
  readonly version: VersionInfo;
  readonly log: Log;
  readonly clock: Clock;
  readonly random?: Random;
  readonly authenticate?: Authenticate;
  readonly authorize?: Authorize;
  readonly reviews?: Reviews;
  readonly measure?: Measure;
  readonly openId?: OpenIdDocuments;
  /** Shown beside what the server itself counts. */
  readonly families?: readonly MetricFamily[];
  /** Served under `/journal` to those who may read it. */
  readonly journal?: ReadJournal;
  /** Told of every write and how it ended. */
  readonly record?: (entry: LogEntry) => void;
}

export interface RunningServer {
  readonly address: string;
  readonly port: number;
  /** Answers what was asked, ends what is being watched, and closes every connection. */
  close(): Promise<void>;
}

/** Lists are large, and a stream's memory is bounded by waiting for its client: this only keeps sessions from being refused. */
const SESSION_MEGABYTES = 512;

const KEEP_ALIVE = 60_000;

/** How long a client may take to say what it wants, and to send all of it, before its connection is closed. */
const HEAD_TIME = 32_000;
const BODY_TIME = 60_000;

const HTTP1: HttpServerOptions = {
  headersTimeout: HEAD_TIME,
  requestTimeout: BODY_TIME,
  keepAliveTimeout: KEEP_ALIVE,
  connectionsCheckingInterval: 10_000,
};

/** Each costs some 100 KB. */
const MOST_CONNECTIONS = 10_000;

const SETTINGS = { maxConcurrentStreams: 1000, initialWindowSize: 1 << 20 };

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { api, tls, listen, log, clock, version } = options;
  const backend: Backend = {
    random: systemRandom,
    authenticate: orAnonymous(byCertificate(clock)),
    authorize: mastersOnly,
    reviews: () => undefined,
    measure: () => undefined,
    openId: {},
    ...options,
    counts: new RequestCounts(),
    audit: new Audit(options.record ?? (() => {}), clock),
    openApi: new OpenApi({ api, version }),
    lines: new EventLines(),
    load: new Load(),
    bodies: new BodyMemory(),
  };
  const server = createSecureServer({
    allowHTTP1: true,
    cert: tls.server.cert,
    key: tls.server.key,
    ca: tls.ca,
    requestCert: true,
    // Who brings no certificate may have a token; who brings a bad one is told so in an answer.
    rejectUnauthorized: false,
    // Else the answer to the first request of a connection waits 40 ms for a word that the client has got its tickets.
    noDelay: true,
    // A client that vanished without a word is noticed, and its watches end.
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE,
    maxSessionMemory: SESSION_MEGABYTES,
    settings: SETTINGS,
    handshakeTimeout: HEAD_TIME,
    http1Options: HTTP1,
  });
  server.maxConnections = MOST_CONNECTIONS;
  const connections = new Connections(server);
  server.on('connection', noteArrival);
  server.on('request', noteArrival);
  server.on('request', (request, response) => void connections.own(handle(backend, request, response, connections.live)));
  server.on('upgrade', (request, socket, head) => void connections.own(upgrade(backend, request, socket, head, connections.live)));
  const { port } = await listening(server, listen);
  server.on('error', (error) => log.error({ error: messageOf(error) }, 'server failed'));
  return { address: listen.host, port, close: () => connections.close(clock) };
}

function listening(server: Http2SecureServer, { host, port }: ServerOptions['listen']): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new UserError(whyNotListening(error, host, port))));
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

function whyNotListening(error: NodeJS.ErrnoException, host: string, port: number): string {
  const where = `cannot listen on ${host}:${port}`;
  if (error.code === 'EADDRINUSE') return `${where}: the port is in use: stop what listens there, or choose another address with --listen`;
  if (error.code === 'EADDRNOTAVAIL') return `${where}: this machine has no such address: choose another one with --listen`;
  if (error.code === 'EACCES') return `${where}: not allowed for this user: choose a port above 1023 with --listen`;
  return `${where}: ${messageOf(error)}`;
}
