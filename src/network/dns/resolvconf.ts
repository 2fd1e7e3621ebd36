import { isIP } from 'node:net';
import type { Upstream } from './forward.ts';

const DNS_PORT = 53;
const MOST_SERVERS = 3;

/** The resolvers that a `resolv.conf` names, without those that would only ask us again. */
export function upstreamsIn(text: string, own: readonly string[]): readonly Upstream[] {
  return text
    .split('\n')
    .flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .filter((address) => isIP(address) !== 0 && !own.includes(address))
    .slice(0, MOST_SERVERS)
    .map((address) => ({ address, port: DNS_PORT }));
}

/** What a pod's own file says. */
export function resolvConfFor(server: string, namespace: string, domain: string, searched: readonly string[] = []): string {
  const search = [`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...searched];
  return `search ${search.join(' ')}\nnameserver ${server}\noptions ndots:5\n`;
}
