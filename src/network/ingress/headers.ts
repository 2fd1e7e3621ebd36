import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

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

/** What goes on to the backend. What the client says of its own origin is not believed. */
export function forwardedHeaders(headers: IncomingHttpHeaders, { address, port, protocol, host, requestId }: Asker): OutgoingHttpHeaders {
  const forwarded = withoutConnection(headers);
  forwarded['host'] = host;
  forwarded['x-forwarded-for'] = address;
  forwarded['x-forwarded-host'] = host;
  forwarded['x-forwarded-port'] = port;
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
    if (NOT_PASSED_ON.has(name) || name.startsWith(':') || named?.has(name)) continue;
    kept[name] = headers[name];
  }
  return kept;
}
