import { CelError } from '../errors.ts';
import type { Library } from '../functions.ts';
import { Opaque } from '../values.ts';

export class Url extends Opaque {
  readonly type = 'kubernetes.URL';
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(scheme: string, host: string, path: string, query: string) {
    super();
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }

  equals(other: Url): boolean {
    return this.scheme === other.scheme && this.host === other.host && this.path === other.path && this.query === other.query;
  }
}

const URI = /^(?:(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:[^/?@]*@)?(?<host>[^/?]*))?(?<path>[^?]*)(?:\?(?<query>.*))?$/s;
const HOST = /^(?:\[[0-9A-Fa-f:.%]+\]|[^\s<>"%{}|\\^`[\]:]*)(?::\d*)?$/;

/** As Go reads what a request asks for: an absolute URI, or an absolute path. Undefined where it is neither. */
function parse(text: string): Url | undefined {
  const { scheme = '', host, path = '', query = '' } = URI.exec(text)?.groups ?? {};
  const isAbsolute = scheme !== '' || text.startsWith('/');
  const isWritten = !/[\p{Cc} ]/u.test(text) && !/%(?![0-9A-Fa-f]{2})/.test(path) && HOST.test(host ?? '');
  const isRooted = path === '' ? host !== undefined : path.startsWith('/');
  return isAbsolute && isWritten && (isRooted || scheme !== '')
    ? new Url(scheme.toLowerCase(), host ?? '', isRooted ? path : '', query)
    : undefined;
}

function read(text: string): Url {
  const url = parse(text);
  if (!url) throw new CelError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`);
  return url;
}

const nameOf = ({ host }: Url) => (host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, ''));
const portOf = ({ host }: Url) => /:(\d*)$/.exec(host.replace(/^\[.*\]/, ''))?.[1] ?? '';

function queryOf({ query }: Url): ReadonlyMap<string, readonly string[]> {
  const found = new URLSearchParams(query);
  return new Map([...found.keys()].map((key) => [key, found.getAll(key)]));
}

const encodePath = (path: string) => path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@%!'()*]/gu, (found) => encodeURIComponent(found));

export const URLS: Library = {
  'url(string): kubernetes.URL': read,
  'isURL(string): bool': (text: string) => parse(text) !== undefined,
  '.getScheme(kubernetes.URL): string': ({ scheme }: Url) => scheme,
  '.getHost(kubernetes.URL): string': ({ host }: Url) => host,
  '.getHostname(kubernetes.URL): string': nameOf,
  '.getPort(kubernetes.URL): string': portOf,
  '.getEscapedPath(kubernetes.URL): string': ({ path }: Url) => encodePath(path),
  '.getQuery(kubernetes.URL): map(string, list(string))': queryOf,
};
