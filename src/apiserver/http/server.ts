import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { UserError, messageOf, systemRandom, type Clock, type Log, type Random } from '../../base/index.ts';
import type { LogEntry } from '../../store/index.ts';
import type { Api, NodeEndpoints, Reviews } from '../api.ts';
import { byCertificate, mastersOnly, type Authenticate, type Authorize, type Certificates, type OpenIdDocuments } from '../auth/index.ts';
import type { Backend, VersionInfo } from './backend.ts';
import { Connections } from './connections.ts';
import type { Outlet } from './message.ts';
import { RequestCounts } from './metrics.ts';
import { OpenApi } from './openapi.ts';
import { RefusedWrites } from './refused.ts';
import { receive, type WireRequest } from './receive.ts';
import { send, type WireResponse } from './send.ts';
import { serve } from './serve.ts';

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
  readonly openId?: OpenIdDocuments;
  /** Told of writes that were refused. */
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

const SETTINGS = { maxConcurrentStreams: 1000, initialWindowSize: 1 << 20 };

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { api, tls, listen, log, clock, version } = options;
  const backend: Backend = {
    random: systemRandom,
    authenticate: byCertificate,
    authorize: mastersOnly,
    reviews: () => undefined,
    openId: {},
    ...options,
    counts: new RequestCounts(),
    refused: new RefusedWrites(options.record ?? (() => {}), clock),
    openApi: new OpenApi({ api, version }),
  };
  const server = createSecureServer({
    allowHTTP1: true,
    cert: tls.server.cert,
    key: tls.server.key,
    ca: tls.ca,
    requestCert: true,
    // Who brings no certificate may still see whether the server is well.
    rejectUnauthorized: false,
    // A client that vanished without a word is noticed, and its watches end.
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE,
    maxSessionMemory: SESSION_MEGABYTES,
    settings: SETTINGS,
  });
  const connections = new Connections(server);
  server.on('request', (request, response) => void connections.own(handle(backend, request, response, connections.live)));
  const { port } = await listening(server, listen);
  server.on('error', (error) => log.error({ error: messageOf(error) }, 'server failed'));
  return { address: listen.host, port, close: () => connections.close(clock) };
}

async function handle(backend: Backend, request: WireRequest, response: WireResponse, live: Set<Outlet>): Promise<void> {
  // A client that leaves early is no failure of ours; what was begun for it learns of it by `close`.
  request.on('error', () => {});
  response.on('error', () => {});
  try {
    const answer = await serve(backend, receive(request));
    await send(answer, response, request.headers['accept-encoding']?.toString(), live);
  } catch (error) {
    backend.log.error({ path: request.url, error: messageOf(error) }, 'answer failed');
    response.destroy();
  }
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
