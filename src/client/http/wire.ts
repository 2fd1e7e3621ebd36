import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { HTTP_STATUS, StatusError, isRecord, messageOf, type Reason, type StatusDetails } from '../../base/index.ts';
import type { Connection } from './kubeconfig.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** As many calls run at once over connections that are kept. Watches have connections of their own. */
const MOST_CALLS = 32;

/** JSON over HTTPS, with every refusal and every failure as a `StatusError`. */
export class Wire {
  readonly #connection: Connection;
  readonly #calls: Agent;
  readonly #watches: Agent;

  constructor(connection: Connection) {
    const { ca, cert, key, serverName, skipVerify } = connection;
    const tls = { ca, cert, key, rejectUnauthorized: !skipVerify, ...(serverName ? { servername: serverName } : {}) };
    this.#connection = connection;
    this.#calls = new Agent({ ...tls, keepAlive: true, maxSockets: MOST_CALLS, scheduling: 'lifo' });
    this.#watches = new Agent(tls);
  }

  async call(call: Call, userAgent: string): Promise<unknown> {
    try {
      return JSON.parse(await textOf(await this.#open(call, userAgent, this.#calls)));
    } catch (error) {
      throw failure(error, this.#connection);
    }
  }

  /** The lines of an answer that goes on, parsed. Ends with the answer; without a throw when the signal aborts. */
  async *lines(call: Call, userAgent: string, signal: AbortSignal): AsyncIterable<unknown> {
    try {
      const response = await this.#open(call, userAgent, this.#watches, signal);
      yield* parsedLines(response);
    } catch (error) {
      if (!signal.aborted) throw failure(error, this.#connection);
    }
  }

  close(): void {
    this.#calls.destroy();
    this.#watches.destroy();
  }

  async #open(call: Call, userAgent: string, agent: Agent, signal?: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#send(call, userAgent, agent, signal);
    if (response.statusCode! < 300) return response;
    throw refusal(response.statusCode!, await textOf(response));
  }

  #send(
    { method, path, query, body, contentType = 'application/json' }: Call,
    userAgent: string,
    agent: Agent,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const { server, token } = this.#connection;
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(bytes ? { 'content-type': contentType, 'content-length': bytes.length } : {}),
    };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(`${server}${path}${queryText(query)}`, { method, headers, agent, signal }, resolve);
      request.on('error', reject);
      request.end(bytes);
    });
  }
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
  return error instanceof StatusError ? error : new StatusError('ServiceUnavailable', `cannot reach ${server}: ${messageOf(error)}`);
}

const REASONS_BY_CODE = new Map<number, Reason>(
  Object.entries(HTTP_STATUS)
    .map(([reason, code]) => [code, reason as Reason])
    .toReversed() as [number, Reason][],
);

function refusal(code: number, text: string): StatusError {
  const status = parsedStatus(text);
  if (status) return statusError(status, code);
  return new StatusError(REASONS_BY_CODE.get(code) ?? 'InternalError', text.trim() || `the server answered with ${code}`);
}

function parsedStatus(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && value['kind'] === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The error that a Status stands for. */
export function statusError({ reason, message, details, code: given }: Record<string, unknown>, code = Number(given)): StatusError {
  const known = typeof reason === 'string' && reason in HTTP_STATUS ? (reason as Reason) : REASONS_BY_CODE.get(code);
  return new StatusError(
    known ?? 'InternalError',
    String(message ?? `the server answered with ${code}`),
    details as StatusDetails | undefined,
  );
}
