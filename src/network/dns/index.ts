/** Names: a server for the cluster's domain that forwards what it does not know. */
export { startDns } from './open.ts';
export { followResolvConf, upstreamsIn } from './resolvconf.ts';
export type { Listening } from './server.ts';
export type { Dns, DnsOptions } from './start.ts';
export { DNS_SERVICE } from './zone.ts';
