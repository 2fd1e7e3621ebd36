/** Names: a server for the cluster's domain that forwards what it does not know. */
export { resolvConfFor, upstreamsIn } from './resolvconf.ts';
export { startDns, type Dns, type DnsOptions } from './start.ts';
