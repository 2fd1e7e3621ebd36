import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { UserError, isRecord, messageOf, parseYaml } from '../../base/index.ts';
import type { Connection, ExecPlugin, Impersonation } from './connection.ts';

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
  const userName = String(context['user']);
  refuseUnknownWays(user, cluster, userName, where);
  const pem = (record: Fields, field: string) => inlineOrFile(record, field, folder);
  return defined({
    server: cluster['server'].replace(/\/+$/, ''),
    ca: pem(cluster, 'certificate-authority'),
    cert: pem(user, 'client-certificate'),
    key: pem(user, 'client-key'),
    token: user['tokenFile'] ? undefined : textOf(user['token']),
    tokenFile: pathOf(textOf(user['tokenFile']), folder),
    username: textOf(user['username']),
    password: textOf(user['password']),
    exec: pluginOf(user['exec'], folder, `${where}: the user ${userName}`),
    serverName: textOf(cluster['tls-server-name']),
    skipVerify: cluster['insecure-skip-tls-verify'] === true ? true : undefined,
    impersonate: impersonationOf(user),
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
function refuseUnknownWays(user: Fields, cluster: Fields, name: string, where: string): void {
  if (user['auth-provider'] !== undefined)
    throw new UserError(
      `${where}: the user ${name} signs in by auth-provider, which Kubernetes took out in 1.26: use exec, a token or a client certificate`,
    );
  if (cluster['proxy-url'] !== undefined)
    throw new UserError(
      `${where}: the cluster is reached through proxy-url, which is not supported: forward a port to it, and name that as its server`,
    );
}

const INTERACTIVE_MODES = ['Never', 'IfAvailable', 'Always'] as const;
const EXEC_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

function pluginOf(given: unknown, folder: string, who: string): ExecPlugin | undefined {
  if (!isRecord(given)) return undefined;
  const { apiVersion, command, interactiveMode = 'IfAvailable' } = given;
  const refuse = (why: string) => new UserError(`${who} signs in by exec, ${why}`);
  if (typeof command !== 'string' || command === '') throw refuse('which names no command');
  if (!EXEC_VERSIONS.includes(String(apiVersion)))
    throw refuse(`with the apiVersion ${String(apiVersion)}: it must be one of ${EXEC_VERSIONS.join(', ')}`);
  const interactive = INTERACTIVE_MODES.find((mode) => mode === interactiveMode);
  if (!interactive) throw refuse(`with the interactiveMode ${String(interactiveMode)}: it must be one of ${INTERACTIVE_MODES.join(', ')}`);
  return defined({
    apiVersion: String(apiVersion),
    // One with a slash lies beside the configuration, another one on the PATH.
    command: command.includes('/') ? pathOf(command, folder)! : command,
    args: textsOf(given['args']) ?? [],
    env: Object.fromEntries(recordsOf(given['env']).map(({ name, value }) => [String(name), String(value)])),
    installHint: textOf(given['installHint']),
    provideClusterInfo: given['provideClusterInfo'] === true,
    interactive,
  });
}

function impersonationOf(user: Fields): Impersonation | undefined {
  const extra = user['as-user-extra'];
  const found = defined({
    user: textOf(user['as']),
    uid: textOf(user['as-uid']),
    groups: textsOf(user['as-groups']),
    extra: isRecord(extra) ? Object.fromEntries(Object.entries(extra).map(([name, values]) => [name, textsOf(values) ?? []])) : undefined,
  });
  return Object.keys(found).length === 0 ? undefined : found;
}

/** `client-key-data` holds it in base64, `client-key` names a file beside the configuration. */
function inlineOrFile(record: Fields, field: string, folder: string): string | undefined {
  const data = textOf(record[`${field}-data`]);
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  const path = pathOf(textOf(record[field]), folder);
  return path && readText(path);
}

const pathOf = (path: string | undefined, folder: string) => path && (isAbsolute(path) ? path : join(folder, path));

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const textsOf = (value: unknown) => (Array.isArray(value) ? value.map(String) : undefined);
const recordsOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isRecord) : []);

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
