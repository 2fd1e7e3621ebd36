import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { UserError, isRecord, messageOf, parseYaml } from '../../base/index.ts';

/** Where an API server is, and how to show who one is. */
export interface Connection {
  /** `https://127.0.0.1:7443` */
  readonly server: string;
  /** PEM texts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  /** The name that the server's certificate must carry, when it is not the address. */
  readonly serverName?: string;
  readonly skipVerify?: boolean;
  /** Of the context: where objects are looked for when nothing else is said. */
  readonly namespace?: string;
}

/** Reads a kubeconfig, from a file or as text, and takes one of its contexts: the named one, else the current one. */
export function loadKubeconfig(source: { readonly path: string } | { readonly text: string }, contextName?: string): Connection {
  const where = 'path' in source ? source.path : 'the kubeconfig';
  const text = 'path' in source ? readText(source.path) : source.text;
  const folder = 'path' in source ? dirname(source.path) : '.';
  const config = parseConfig(text, where);
  const name = contextName ?? config['current-context'];
  if (typeof name !== 'string' || name === '')
    throw new UserError(`${where} has no current context: name one of ${namesIn(config['contexts'])}`);
  const context = entry(config, 'contexts', 'context', name, where);
  const cluster = entry(config, 'clusters', 'cluster', String(context['cluster']), where);
  const user = context['user'] ? entry(config, 'users', 'user', String(context['user']), where) : {};
  if (typeof cluster['server'] !== 'string') throw new UserError(`${where}: the cluster ${String(context['cluster'])} has no server`);
  refuseUnknownWays(user, String(context['user']), where);
  const pem = (record: Fields, field: string) => inlineOrFile(record, field, folder);
  return defined({
    server: cluster['server'].replace(/\/+$/, ''),
    ca: pem(cluster, 'certificate-authority'),
    cert: pem(user, 'client-certificate'),
    key: pem(user, 'client-key'),
    token: tokenOf(user, folder),
    serverName: textOf(cluster['tls-server-name']),
    skipVerify: cluster['insecure-skip-tls-verify'] === true ? true : undefined,
    namespace: textOf(context['namespace']),
  });
}

type Fields = Readonly<Record<string, unknown>>;

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  }
}

function parseConfig(text: string, where: string): Fields {
  const [document] = parseYaml(text);
  const [problem] = document?.problems ?? [];
  if (problem) throw new UserError(`${where}:${problem.line}: ${problem.message}`);
  if (!isRecord(document?.value)) throw new UserError(`${where} is no kubeconfig`);
  return document.value;
}

function entry(config: Fields, list: string, member: string, name: string, where: string): Fields {
  const entries = Array.isArray(config[list]) ? (config[list] as unknown[]) : [];
  const found = entries.find((item) => isRecord(item) && item['name'] === name);
  const value = isRecord(found) ? found[member] : undefined;
  if (!isRecord(value)) throw new UserError(`${where} has no ${member} ${JSON.stringify(name)}: there is ${namesIn(entries)}`);
  return value;
}

function namesIn(entries: unknown): string {
  const names = Array.isArray(entries) ? entries.filter(isRecord).map((item) => String(item['name'])) : [];
  return names.join(', ') || 'none';
}

/** What would be ignored silently is said instead. */
function refuseUnknownWays(user: Fields, name: string, where: string): void {
  const unknown = ['exec', 'auth-provider', 'username'].find((way) => user[way] !== undefined);
  if (unknown)
    throw new UserError(
      `${where}: the user ${name} signs in by ${unknown}, which is not supported yet: use a client certificate or a token`,
    );
}

/** `client-key-data` holds it in base64, `client-key` names a file beside the configuration. */
function inlineOrFile(record: Fields, field: string, folder: string): string | undefined {
  const data = textOf(record[`${field}-data`]);
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  const path = textOf(record[field]);
  return path && readText(isAbsolute(path) ? path : join(folder, path));
}

function tokenOf(user: Fields, folder: string): string | undefined {
  const file = textOf(user['tokenFile']);
  if (file) return readText(isAbsolute(file) ? file : join(folder, file)).trim();
  return textOf(user['token']);
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
