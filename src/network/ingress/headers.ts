import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** They are about one connection, and not about the request that goes over several. */
const OF_A_CONNECTION = new Set([
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
]);

/** Who asks, as the backend is told of it. */
export interface Asker {
  readonly address: string;
  readonly protocol: 'http' | 'https';
  readonly host: string;
  /** For a request that brings none. */
  readonly requestId: () => string;
}

/** What goes on to the backend. What the client says of its own origin is not believed. */
export function forwardedHeaders(headers: IncomingHttpHeaders, { address, protocol, host, requestId }: Asker): OutgoingHttpHeaders {
  const forwarded = withoutConnection(headers);
  forwarded['host'] = host;
  forwarded['x-forwarded-for'] = address;
  forwarded['x-forwarded-host'] = host;
  forwarded['x-forwarded-proto'] = protocol;
  forwarded['x-real-ip'] = address;
  forwarded['x-request-id'] ??= requestId();
  return forwarded;
}

/** Also without the headers that `Connection` names, and those that HTTP/2 writes with a colon. */
export function withoutConnection(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = headers.connection ? new Set(headers.connection.toLowerCase().split(/\s*,\s*/)) : undefined;
  const kept: OutgoingHttpHeaders = {};
  for (const name in headers) {
    if (OF_A_CONNECTION.has(name) || name.startsWith(':') || named?.has(name)) continue;
    kept[name] = headers[name];
  }
  return kept;
}
