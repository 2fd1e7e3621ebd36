import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { http } from '../../base/index.ts';
import type { Container, IntOrString, Probe } from '../../model/index.ts';
import type { Asked } from './check.ts';

export type HttpGet = NonNullable<Probe['httpGet']>;

const MOST_REDIRECTS = 10;

/** This much of a body is read. */
const LONGEST_BODY = 10 * 1024;

export interface Answer {
  readonly statusCode: number;
  /** Where it sends whoever asked. */
  readonly location: string | undefined;
  /** Read only of one that sends on. */
  readonly body: string;
}

/**
 * Asks a container by HTTP, and gives its answer. It goes where the answer sends it, as long as that is
 * the same host: an answer that leads elsewhere is the answer.
 */
export async function sendHttp(get: HttpGet, { ip, container }: Pick<Asked, 'ip' | 'container'>, signal: AbortSignal): Promise<Answer> {
  const host = get.host || ip;
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`;
  const scheme = get.scheme === 'HTTPS' ? 'https' : 'http';
  const own = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  let headers = { 'User-Agent': 'kube-probe/1.36', Accept: '*/*', Connection: 'close', ...own };
  let target: Target = { scheme, host, port: portNumber(get.port, container), path };
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(target, headers, signal);
    const next = answer.location === undefined ? undefined : redirected(target, answer.location);
    if (!next || next.host !== host) return answer;
    if (redirects === MOST_REDIRECTS) throw new Error(`Get "${urlOf(next)}": stopped after ${MOST_REDIRECTS} redirects`);
    target = next;
    headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'host')) as typeof headers;
  }
}

interface Target {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function ask({ scheme, host, port, path }: Target, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const take = (response: IncomingMessage) => {
    const { statusCode = 0 } = response;
    const location = REDIRECTS.has(statusCode) ? response.headers.location : undefined;
    const sendsOn = statusCode >= 300 && statusCode < 400;
    if (sendsOn) bodyOf(response).then((body) => resolve({ statusCode, location, body }), reject);
    else resolve({ statusCode, location, body: '' });
    if (!sendsOn) response.destroy();
  };
  const options = { host, port, path, headers, agent: false, signal, rejectUnauthorized: false };
  // An agent to keep connections would cost more than the one connection.
  const direct = { ...options, createConnection: () => connect({ host, port }) };
  const request = scheme === 'https' ? httpsRequest(options, take) : http.request(direct, take);
  request.on('error', (error) => {
    const why = signal.aborted
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : dialMessage(error, host, port);
    reject(new Error(`Get "${urlOf({ scheme, host, port, path })}": ${why}`));
  });
  request.end();
  return promise;
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) if ((body += chunk as string).length >= LONGEST_BODY) break;
  return body.slice(0, LONGEST_BODY);
}

function urlOf({ scheme, host, port, path }: Target): string {
  return `${scheme}://${host}:${port}${path}`;
}

/** Undefined where the answer names no place that can be asked. */
function redirected(from: Target, location: string): Target | undefined {
  const url = URL.parse(location, urlOf(from));
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return { scheme, host: url.hostname, port: Number(url.port) || (scheme === 'https' ? 443 : 80), path: `${url.pathname}${url.search}` };
}

export function dialMessage(error: Error, host: string, port: number): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' ? `dial tcp ${host}:${port}: connect: connection refused` : error.message;
}

/** The number of a port that may be given by its name. */
export function portNumber(port: IntOrString, container: Container): number {
  if (typeof port === 'number') return port;
  const found = container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
  if (!Number.isInteger(found)) throw new Error(`couldn't find port: ${JSON.stringify(port)} in container ${container.name}`);
  return found;
}
