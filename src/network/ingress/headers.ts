import type { IncomingHttpHeaders } from 'node:http';

/** They are about one connection, and not about the request that goes over several. */
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  // Has been answered here: the body comes anyway.
  'expect',
  // A second way to say where a request comes from, which would not be believed either.
  'forwarded',
]);

const WRITTEN_ANEW = new Set([
  ...NOT_PASSED_ON,
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
]);

const COLON = 58;

/** Who asks, as the backend is told of it. */
export interface Asker {
  readonly address: string;
  /** Where the request came in. */
  readonly port: number;
  readonly protocol: 'http' | 'https';
  readonly host: string;
  /** For a request that brings none. */
  readonly requestId: () => string;
}

/** What goes on to the backend, as names and values in turn. What the client says of its own origin is not believed. */
export function forwardedHeaders(headers: IncomingHttpHeaders, { address, port, protocol, host, requestId }: Asker): string[] {
  const forwarded = withoutConnection(headers, WRITTEN_ANEW);
  forwarded.push('host', host, 'x-forwarded-for', address, 'x-forwarded-host', host);
  forwarded.push('x-forwarded-port', String(port), 'x-forwarded-proto', protocol, 'x-real-ip', address);
  if (!forwarded.includes('x-request-id')) forwarded.push('x-request-id', requestId());
  return forwarded;
}

/** Also without the headers that `Connection` names, and those that HTTP/2 writes with a colon. */
export function withoutConnection(headers: IncomingHttpHeaders, dropped: ReadonlySet<string> = NOT_PASSED_ON): string[] {
  const named = headers.connection ? new Set(headers.connection.toLowerCase().split(/\s*,\s*/)) : undefined;
  const kept: string[] = [];
  for (const name in headers) {
    if (dropped.has(name) || name.charCodeAt(0) === COLON || named?.has(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') kept.push(name, value);
    else for (const each of value ?? []) kept.push(name, each);
  }
  return kept;
}
