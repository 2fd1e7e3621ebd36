import { posix } from 'node:path';

/** Where a proxied server seems to lie, for who asks through the proxy. */
export interface ProxyRoot {
  /** What stands before the server's own paths. */
  readonly prefix: string;
  /** The names under which the server may speak of itself; the first is what the client calls it. */
  readonly hosts: readonly string[];
}

const URL_PARTS = /^(?:[a-z][a-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/is;

/** A link to the same server leads through the proxy; one that is relative, or leads elsewhere, stays. */
export function proxiedLink(link: string, { prefix, hosts }: ProxyRoot): string {
  const [, host, path = '', rest = ''] = URL_PARTS.exec(link)!;
  if (!path.startsWith('/') || (host && !hosts.includes(host))) return link;
  const before = host && host === hosts[0] ? link.slice(0, link.indexOf(host) + host.length) : '';
  return before + (path.startsWith(prefix) ? path : posix.join(prefix, path)) + rest;
}

/** Which attributes hold links, by their elements. */
const LINKS: Readonly<Record<string, string>> = {
  a: 'href',
  applet: 'codebase',
  area: 'href',
  audio: 'src',
  base: 'href',
  blockquote: 'cite',
  body: 'background',
  button: 'formaction',
  command: 'icon',
  del: 'cite',
  embed: 'src',
  form: 'action',
  frame: 'longdesc src',
  head: 'profile',
  html: 'manifest',
  iframe: 'longdesc src',
  img: 'longdesc src usemap',
  input: 'src usemap formaction',
  ins: 'cite',
  link: 'href',
  object: 'classid codebase data usemap',
  q: 'cite',
  script: 'src',
  source: 'src',
  video: 'poster src',
};

/** Each match ends soon, or takes what it has looked at: a page costs no more than its length. */
const ATTRIBUTES = String.raw`(?:"[^"]{0,8192}"|'[^']{0,8192}'|[^<>"']){0,8192}`;
const RAW = 'script|style|textarea|title|iframe|noembed|noframes|xmp';
/** A comment, or a tag; what a raw element holds is text. */
const MARKUP = new RegExp(
  String.raw`<!--[^]*?(?:-->|$)|(<(${RAW})(?=[\s/>])${ATTRIBUTES}>)([^]*?(?=<\/\2[\s/>]|$))|<([a-z][^\s/<>]*)${ATTRIBUTES}>`,
  'gi',
);
const ATTRIBUTE = /([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+)/g;

/** The links of a page lead through the proxy. */
export function proxiedPage(page: string, root: ProxyRoot): string {
  return page.replace(MARKUP, (all: string, rawTag?: string, raw?: string, text = '', name?: string) => {
    if (rawTag !== undefined) return proxiedTag(rawTag, raw!, root) + text;
    return name === undefined ? all : proxiedTag(all, name, root);
  });
}

function proxiedTag(tag: string, name: string, root: ProxyRoot): string {
  const links = LINKS[name.toLowerCase()]?.split(' ');
  if (!links) return tag;
  return tag.replace(ATTRIBUTE, (all: string, attribute: string, equals: string, value: string) => {
    if (!links.includes(attribute.toLowerCase())) return all;
    const quote = /^["']/.exec(value)?.[0] ?? '';
    const link = quote ? value.slice(1, -1) : value;
    return attribute + equals + quote + proxiedLink(link, root) + quote;
  });
}
