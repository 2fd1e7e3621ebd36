import type { Agent, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import { StatusError, UserError, http, messageOf, type Clock, type Millis } from '../../base/index.ts';
import type { Connection, Impersonation } from './connection.ts';
import type { Credential } from './credential.ts';
import { credentialSource, type CredentialSource } from './credentials.ts';
import { refusal } from './refusal.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** As many calls run at once over connections that are kept. Watches have connections of their own. */
const MOST_CALLS = 32;
/** A server answers within a minute or gives up by itself; who is still silent then is not there. */
const LONGEST_CALL: Millis = 75_000;
/** So long after the last byte the other side is asked whether it is still there. */
const PROBE_AFTER: Millis = 30_000;
/** How often a server may ask to be left alone for a while. */
const MOST_DELAYS = 10;

/** JSON over HTTPS, with every refusal and every failure as a `StatusError`. */
export class Wire {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #credentials: CredentialSource;
  #agents: Agents;

  constructor(connection: Connection, { clock }: { readonly clock: Clock }) {
    this.#connection = connection;
    this.#clock = clock;
    this.#credentials = credentialSource(connection, clock);
    this.#agents = openAgents(connection, connection);
  }

  call(call: Call, userAgent: string): Promise<unknown> {
    return this.#whole(call, userAgent, JSON.parse);
  }

  text(call: Call, userAgent: string): Promise<string> {
    return this.#whole(call, userAgent, (text) => text);
  }

  async #whole<T>(call: Call, userAgent: string, read: (text: string) => T): Promise<T> {
    const abort = new AbortController();
    // A person who signs in may take longer.
    await this.#signedIn();
    const timer = this.#clock.after(LONGEST_CALL, () => abort.abort(new Error(`no answer within ${LONGEST_CALL / 1000} s`)));
    try {
      return read(await textOf(await this.#open(call, userAgent, 'calls', abort.signal)));
    } catch (error) {
      throw failure(abort.signal.aborted ? abort.signal.reason : error, this.#connection);
    } finally {
      timer.cancel();
    }
  }

  /** The lines of an answer that goes on, parsed. Ends with the answer; without a throw when the signal aborts. */
  async *lines(call: Call, userAgent: string, signal: AbortSignal): AsyncIterable<unknown> {
    try {
      yield* parsedLines(await this.#open(call, userAgent, 'watches', signal));
    } catch (error) {
      if (!signal.aborted) throw failure(error, this.#connection);
    }
  }

  close(): void {
    this.#agents.calls.destroy();
    this.#agents.watches.destroy();
  }

  async #signedIn(): Promise<Credential> {
    try {
      return await this.#credentials.current();
    } catch (error) {
      throw error instanceof UserError ? new StatusError('Unauthorized', error.message) : error;
    }
  }

  /** Asks until there is an answer that asking again would not change. */
  async #open(call: Call, userAgent: string, use: Way['use'], signal: AbortSignal): Promise<IncomingMessage> {
    let isRenewed = false;
    for (let delays = 0; ;) {
      const credential = await this.#signedIn();
      const response = await this.#send(call, { userAgent, credential, use, signal });
      const code = response.statusCode!;
      if (code < 300) return response;
      const text = await textOf(response);
      const wait = secondsToWait(code, response.headers['retry-after']);
      if (code === 401 && !isRenewed) {
        isRenewed = true;
        if (await this.#credentials.renew(credential)) continue;
      } else if (wait !== undefined && delays++ < MOST_DELAYS) {
        await this.#clock.sleep(wait * 1000, signal);
        continue;
      }
      throw refusal(code, text);
    }
  }

  /** Reading changes nothing, so it is asked for again when a kept connection turns out to be closed. */
  async #send(call: Call, way: Way): Promise<IncomingMessage> {
    try {
      return await this.#sendOnce(call, way);
    } catch (error) {
      if (call.method !== 'GET' || !(error instanceof StaleConnection)) throw error;
      return this.#sendOnce(call, way);
    }
  }

  #sendOnce({ method, path, query, body, contentType = 'application/json' }: Call, way: Way): Promise<IncomingMessage> {
    const { server, impersonate } = this.#connection;
    const { userAgent, credential, use, signal } = way;
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(credential.authorization ? { authorization: credential.authorization } : {}),
      ...impersonationHeaders(impersonate),
      ...(bytes ? { 'content-type': contentType, 'content-length': bytes.length } : {}),
    };
    const agent = this.#agentsFor(credential)[use];
    const { request: send } = isPlain(server) ? http : https;
    return new Promise((resolve, reject) => {
      const request = send(`${server}${path}${queryText(query)}`, { method, headers, agent, signal }, resolve);
      request.on('socket', (socket) => socket.setKeepAlive(true, PROBE_AFTER));
      request.on('error', (error) => reject(request.reusedSocket ? new StaleConnection(error) : error));
      request.end(bytes);
    });
  }

  /** Connections that were opened with another certificate take nothing more, and end when what runs over them does. */
  #agentsFor({ cert, key }: Credential): Agents {
    if (cert !== this.#agents.cert) this.#agents = openAgents(this.#connection, { cert, key });
    return this.#agents;
  }
}

interface Way {
  readonly userAgent: string;
  readonly credential: Credential;
  readonly use: 'calls' | 'watches';
  readonly signal: AbortSignal;
}

interface Agents {
  readonly cert: string | undefined;
  readonly calls: Agent;
  readonly watches: Agent;
}

function openAgents(connection: Connection, { cert, key }: Pick<Connection, 'cert' | 'key'>): Agents {
  const { server, ca, serverName, skipVerify } = connection;
  const kept = { keepAlive: true, maxSockets: MOST_CALLS, scheduling: 'lifo' } as const;
  if (isPlain(server)) return { cert, calls: new http.Agent(kept), watches: new http.Agent() };
  const tls = { ca, cert, key, rejectUnauthorized: !skipVerify, ...(serverName ? { servername: serverName } : {}) };
  return { cert, calls: new https.Agent({ ...tls, ...kept }), watches: new https.Agent(tls) };
}

const isPlain = (server: string) => server.startsWith('http:');

/** A connection that was kept and failed before it brought an answer: the server may have closed it long ago. */
class StaleConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

/** A server that is busy, or not there yet, says when to come back. */
function secondsToWait(code: number, retryAfter: string | undefined): number | undefined {
  const seconds = Number(retryAfter);
  return (code === 429 || code >= 500) && retryAfter !== undefined && seconds >= 0 ? seconds : undefined;
}

function impersonationHeaders({ user, uid, groups = [], extra = {} }: Impersonation = {}): OutgoingHttpHeaders {
  const extras = Object.entries(extra).map(([name, values]) => [`impersonate-extra-${encodeURIComponent(name)}`, values]);
  return {
    ...(user ? { 'impersonate-user': user } : {}),
    ...(uid ? { 'impersonate-uid': uid } : {}),
    ...(groups.length > 0 ? { 'impersonate-group': [...groups] } : {}),
    ...(Object.fromEntries(extras) as OutgoingHttpHeaders),
  };
}

function queryText(query: Call['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given as [string, string][])}`;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

async function* parsedLines(response: IncomingMessage): AsyncIterable<unknown> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const part of response as AsyncIterable<string>) {
    const lines = (rest + part).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') yield JSON.parse(line);
  }
}

/** A failure to reach the server, or to read what it says, is a refusal too: trying again may help. */
function failure(error: unknown, { server }: Connection): StatusError {
  if (error instanceof StatusError) return error;
  return new StatusError('ServiceUnavailable', `cannot reach ${server}: ${messageOf(error)}`);
}
