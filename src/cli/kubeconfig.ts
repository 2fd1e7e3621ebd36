import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { formatYaml, isRecord, parseYaml, UserError } from '../base/index.ts';
import { findDataDir } from '../daemon/index.ts';

export interface KubeconfigOptions {
  readonly dataDir?: string;
  readonly path?: boolean;
  /** A file, or true for the one that kubectl reads. */
  readonly merge?: string | boolean;
}

export async function kubeconfig({ dataDir, path, merge }: KubeconfigOptions): Promise<void> {
  const { kubeconfig: file } = findDataDir(dataDir);
  if (path) return void process.stdout.write(`${file}\n`);
  if (!existsSync(file)) throw new UserError(`there is no ${file} yet: 'slipway up' writes it`);
  const text = readFileSync(file, 'utf8');
  if (!merge) return void process.stdout.write(text);
  const target = merge === true ? kubectlsOwn() : merge;
  const merged = mergeKubeconfig(existsSync(target) ? readConfig(target) : {}, readConfig(file));
  writeWhole(target, formatYaml(merged));
  process.stdout.write(`kubectl's context is now ${JSON.stringify(merged['current-context'])}, in ${target}\n`);
}

type Config = Readonly<Record<string, unknown>>;

/** Entries of ours take the place of those of the same name; what else is there stays. */
export function mergeKubeconfig(theirs: Config, ours: Config): Config {
  const lists = ['clusters', 'contexts', 'users'].map((list) => [list, mergeNamed(theirs[list], ours[list])]);
  return { apiVersion: 'v1', kind: 'Config', ...theirs, ...Object.fromEntries(lists), 'current-context': ours['current-context'] };
}

function mergeNamed(theirs: unknown, ours: unknown): readonly unknown[] {
  const own = Array.isArray(ours) ? ours : [];
  const names = new Set(own.map(({ name }: { name: string }) => name));
  const others = Array.isArray(theirs) ? theirs : [];
  return [...others.filter((entry) => !(isRecord(entry) && names.has(String(entry['name'])))), ...own];
}

/** Where kubectl writes: the first file that it is told of, or the one in the home directory. */
function kubectlsOwn(): string {
  const first = process.env['KUBECONFIG']?.split(delimiter).find(Boolean);
  return first ?? join(homedir(), '.kube', 'config');
}

function readConfig(path: string): Config {
  const documents = parseYaml(readFileSync(path, 'utf8'));
  const [{ value } = { value: undefined }] = documents;
  if (documents.some(({ problems }) => problems.length > 0) || (value != null && !isRecord(value))) {
    throw new UserError(`${path} is no kubeconfig: it is left as it is`);
  }
  return (value ?? {}) as Config;
}

/** Never half written, and where a link leads, not in place of the link. */
function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const real = existsSync(path) ? realpathSync(path) : path;
  writeFileSync(`${real}.new`, text, { mode: 0o600 });
  renameSync(`${real}.new`, real);
}
