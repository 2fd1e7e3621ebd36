import { formatYaml } from '../../base/index.ts';

interface KubeconfigParts {
  /** `https://127.0.0.1:7443` */
  readonly server: string;
  /** PEM texts. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Of the context, its cluster and its user. */
  readonly name?: string;
}

/** A configuration for kubectl that holds all it needs. */
export function kubeconfigText({ server, ca, cert, key, name = 'slipway' }: KubeconfigParts): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return formatYaml({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } }],
  });
}
