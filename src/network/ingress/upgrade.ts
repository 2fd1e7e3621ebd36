import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectSecurely } from 'node:tls';
import { http, type Millis } from '../../base/index.ts';
import type { Target } from '../routes.ts';

export interface Upgrading {
  readonly request: IncomingMessage;
  readonly url: string;
  readonly socket: Duplex;
  /** What came after the request already. */
  readonly head: Buffer;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly timeout: Millis;
  /** The endpoint is asked by TLS. */
  readonly isSecure: boolean;
}

/**
 * Joins the client and the endpoint when the endpoint agrees; else tells the client of its refusal. Gives the status.
 * Where nobody was reached the client knows of nothing, and another endpoint can be tried.
 */
export function upgrade(
  { request, url, socket, head, headers, timeout, isSecure }: Upgrading,
  { address, port }: Target,
): Promise<number | 'unreachable'> {
  const to = { host: address, port, noDelay: true };
  return new Promise((settle) => {
    const resolve = (outcome: number | 'unreachable') => {
      socket.off('error', gone);
      socket.off('close', gone);
      settle(outcome);
    };
    const asked = http.request({
      host: address,
      port,
      path: url,
      method: request.method,
      headers: [...headers, 'connection', 'Upgrade', 'upgrade', request.headers.upgrade!],
      createConnection: () => (isSecure ? connectSecurely({ ...to, rejectUnauthorized: false }) : connect(to)),
      timeout,
    });
    const gone = () => asked.destroy();
    socket.on('error', gone);
    socket.once('close', gone);
    asked.on('timeout', gone);
    asked.on('error', () => resolve('unreachable'));
    asked.on('response', (response) => {
      response.destroy();
      refuseUpgrade(socket, response.statusCode!);
      resolve(response.statusCode!);
    });
    asked.on('upgrade', (response, upstream, rest) => {
      upstream.setTimeout(0);
      socket.write(`${headText(response.statusCode!, response.headers)}\r\n`);
      if (rest.length > 0) socket.write(rest);
      if (head.length > 0) upstream.write(head);
      join(socket, upstream);
      join(upstream, socket);
      resolve(response.statusCode!);
    });
    asked.end();
  });
}

export function refuseUpgrade(socket: Duplex, status: number): void {
  if (socket.writable) socket.end(`${headText(status, {})}content-length: 0\r\nconnection: close\r\n\r\n`);
}

function headText(status: number, headers: IncomingMessage['headers']): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${one}\r\n`));
  return `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${lines.join('')}`;
}

/** Where one side breaks off, so does the other. */
function join(from: Duplex, to: Duplex): void {
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
  from.pipe(to);
}
