import { isIP } from 'node:net';
import { UserError } from '../base/index.ts';
import { DEFAULT_INGRESS, parseListen, type NetworkSettings } from '../daemon/index.ts';

export interface NetworkFlags {
  /** False for `--no-ingress`. */
  readonly ingress: boolean;
  readonly ingressHttp?: string;
  readonly ingressHttps?: string;
  readonly proxyMode: string;
  readonly nodePortAddresses: string;
}

const PROXY_MODES: readonly string[] = ['auto', 'nftables', 'userspace'] satisfies NetworkSettings['proxyMode'][];

export function readNetworkSettings(flags: NetworkFlags): NetworkSettings {
  const { ingress, ingressHttp, ingressHttps, proxyMode, nodePortAddresses } = flags;
  if (!PROXY_MODES.includes(proxyMode)) throw new UserError(`--proxy-mode ${proxyMode}: expected one of ${PROXY_MODES.join(', ')}`);
  const http = readDoor('--ingress-http', ingressHttp, DEFAULT_INGRESS.http);
  const https = readDoor('--ingress-https', ingressHttps, DEFAULT_INGRESS.https);
  return {
    ingress: ingress ? { http, https } : 'off',
    proxyMode: proxyMode as NetworkSettings['proxyMode'],
    nodePortAddresses: readNetworks(nodePortAddresses),
  };
}

function readNetworks(text: string): readonly string[] {
  const networks = text.split(',').map((each) => each.trim());
  const wrong = networks.find((each) => !isNetwork(each));
  if (wrong === undefined) return networks;
  throw new UserError(`--node-port-addresses ${text}: ${wrong || 'an empty name'} is no network such as 127.0.0.0/8 or 0.0.0.0/0`);
}

function isNetwork(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  return more.length === 0 && isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}

type Door = Exclude<NetworkSettings['ingress'], 'off'>['http'];

/** Who names a port wants that one, and no other in its place. */
function readDoor(flag: string, text: string | undefined, usual: Door): Door {
  if (text === undefined) return usual;
  const listen = parseListen(/^\d+$/.test(text) ? `${usual.address}:${text}` : text);
  if (!listen) throw new UserError(`${flag} ${text}: expected PORT or HOST:PORT, such as 8080 or 0.0.0.0:80`);
  return { address: listen.host, ports: [listen.port] };
}
