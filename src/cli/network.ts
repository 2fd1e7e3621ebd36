import { UserError } from '../base/index.ts';
import { DEFAULT_INGRESS, parseListen, type NetworkSettings } from '../daemon/index.ts';

export interface NetworkFlags {
  /** False for `--no-ingress`. */
  readonly ingress: boolean;
  readonly ingressHttp?: string;
  readonly ingressHttps?: string;
}

export function readNetworkSettings({ ingress, ingressHttp, ingressHttps }: NetworkFlags): NetworkSettings {
  const http = readDoor('--ingress-http', ingressHttp, DEFAULT_INGRESS.http);
  const https = readDoor('--ingress-https', ingressHttps, DEFAULT_INGRESS.https);
  return { ingress: ingress ? { http, https } : 'off' };
}

type Door = Exclude<NetworkSettings['ingress'], 'off'>['http'];

/** Who names a port wants that one, and no other in its place. */
function readDoor(flag: string, text: string | undefined, usual: Door): Door {
  if (text === undefined) return usual;
  const listen = parseListen(/^\d+$/.test(text) ? `${usual.address}:${text}` : text);
  if (!listen) throw new UserError(`${flag} ${text}: expected PORT or HOST:PORT, such as 8080 or 0.0.0.0:80`);
  return { address: listen.host, ports: [listen.port] };
}
