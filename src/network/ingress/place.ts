import type { IncomingMessage } from 'node:http';

/** What a request asks for. */
export interface Place {
  /** As the client wrote it, with its port. */
  readonly authority: string;
  readonly host: string;
  readonly path: string;
  /** The path with its query. */
  readonly url: string;
}

/** The whole address may be given as to a forward proxy (`GET http://shop.example/cart`); a host may end with a dot. */
export function placeOf({ headers, url: given = '/' }: Pick<IncomingMessage, 'headers' | 'url'>): Place {
  const whole = given.startsWith('/') ? undefined : URL.parse(given);
  const authority = (whole?.host ?? String(headers[':authority'] ?? headers.host ?? '')).toLowerCase();
  const url = whole ? whole.pathname + whole.search : given;
  const query = url.indexOf('?');
  return { authority, host: hostOf(authority), path: query < 0 ? url : url.slice(0, query), url };
}

function hostOf(authority: string): string {
  const colon = authority.indexOf(':', authority.indexOf(']') + 1);
  const host = colon < 0 ? authority : authority.slice(0, colon);
  return host.endsWith('.') ? host.slice(0, -1) : host;
}
