import { isRecord } from '../../base/index.ts';
import type { Container, Pod } from '../../model/index.ts';
import { fieldValue, resourceValue, type PodFacts } from '../environment/fields.ts';
import { sourceKey, type SourceKey, type Sources } from '../environment/sources.ts';

export interface VolumeFile {
  readonly content: Buffer;
  readonly mode: number;
  /** Whose it is; the daemon's where it is not said. */
  readonly user?: number | undefined;
}

export type Files = ReadonlyMap<string, VolumeFile>;

/** A token that a pod asks for among its files. */
export interface TokenWish {
  readonly path: string;
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
  readonly mode: number;
  readonly user?: number | undefined;
}

export interface Content {
  readonly files: Files;
  readonly tokens: readonly TokenWish[];
  /** What it was made from: when one of these changes, it is made again. */
  readonly from: readonly SourceKey[];
}

export interface Missing {
  readonly missing: string;
  readonly from: readonly SourceKey[];
}

export interface ContentParts {
  readonly pod: Pod;
  readonly facts: PodFacts;
  readonly sources: Sources;
}

type Fields = Readonly<Record<string, unknown>>;

const DEFAULT_MODE = 0o644;
const OWNERS_ONLY = 0o600;
const TOKEN_SECONDS = 3600;

/** The files of a volume that is made of API objects; undefined when it is of another kind. */
export function contentOf(volume: Fields, parts: ContentParts): Content | Missing | undefined {
  for (const [kind, make] of Object.entries(MAKERS)) {
    const source = volume[kind];
    if (isRecord(source)) return make(source, parts, modeOf(source['defaultMode'], DEFAULT_MODE));
  }
  return undefined;
}

type Maker = (source: Fields, parts: ContentParts, mode: number) => Content | Missing;

const MAKERS: Readonly<Record<string, Maker>> = {
  configMap: (source, parts, mode) => configMapContent(String(source['name'] ?? ''), source, parts, mode),
  secret: (source, parts, mode) => secretContent(String(source['secretName'] ?? source['name'] ?? ''), source, parts, mode),
  downwardAPI: downwardContent,
  projected: projectedContent,
};

function configMapContent(name: string, source: Fields, { pod, sources }: ContentParts, mode: number): Content | Missing {
  const namespace = pod.metadata.namespace ?? 'default';
  const found = sources.configMap(namespace, name);
  const from = [sourceKey.configMap(namespace, name)];
  if (!found && !source['optional']) return { missing: `configmap "${name}" not found`, from };
  const text = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
  const binary = Object.entries(found?.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
  return pick(new Map([...text, ...binary]), source, mode, from, 'configmap references non-existent config key');
}

function secretContent(name: string, source: Fields, { pod, sources }: ContentParts, mode: number): Content | Missing {
  const namespace = pod.metadata.namespace ?? 'default';
  const found = sources.secret(namespace, name);
  const from = [sourceKey.secret(namespace, name)];
  if (!found && !source['optional']) return { missing: `secret "${name}" not found`, from };
  const entries = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
  return pick(new Map(entries), source, mode, from, 'references non-existent secret key');
}

interface Item {
  readonly key: string;
  readonly path: string;
  readonly mode?: number;
}

/** `items` name which keys are wanted, and under which paths. */
function pick(
  all: ReadonlyMap<string, Buffer>,
  source: Fields,
  mode: number,
  from: readonly SourceKey[],
  lacking: string,
): Content | Missing {
  const items = source['items'];
  if (!Array.isArray(items)) return { files: new Map([...all].map(([path, content]) => [path, { content, mode }])), tokens: [], from };
  const files = new Map<string, VolumeFile>();
  for (const { key, path, mode: own } of items as readonly Item[]) {
    const content = all.get(key);
    if (content) files.set(path, { content, mode: own ?? mode });
    else if (!source['optional']) return { missing: `${lacking}: ${key}`, from };
  }
  return { files, tokens: [], from };
}

interface DownwardItem {
  readonly path: string;
  readonly mode?: number;
  readonly fieldRef?: { readonly fieldPath: string };
  readonly resourceFieldRef?: { readonly containerName?: string; readonly resource: string; readonly divisor?: string };
}

function downwardContent(source: Fields, { pod, facts }: ContentParts, mode: number): Content | Missing {
  const files = new Map<string, VolumeFile>();
  for (const item of (source['items'] ?? []) as readonly DownwardItem[]) {
    const value = downwardValue(item, pod, facts);
    if (value === undefined)
      return { missing: `field label not supported: ${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource}`, from: [] };
    files.set(item.path, { content: Buffer.from(value), mode: item.mode ?? mode });
  }
  return { files, tokens: [], from: [] };
}

function downwardValue({ fieldRef, resourceFieldRef }: DownwardItem, pod: Pod, facts: PodFacts): string | undefined {
  if (fieldRef) return listed(pod, fieldRef.fieldPath) ?? fieldValue(pod, facts, fieldRef.fieldPath);
  const containers: readonly Container[] = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const container = containers.find(({ name }) => name === resourceFieldRef?.containerName);
  return container && resourceFieldRef && resourceValue(pod, container, facts, resourceFieldRef.resource, resourceFieldRef.divisor);
}

/** All labels or annotations, a line each, as only a volume can have them. */
function listed({ metadata }: Pod, path: string): string | undefined {
  if (path !== 'metadata.labels' && path !== 'metadata.annotations') return undefined;
  const all = (path === 'metadata.labels' ? metadata.labels : metadata.annotations) ?? {};
  return Object.entries(all)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

function projectedContent(source: Fields, parts: ContentParts, mode: number): Content | Missing {
  const files = new Map<string, VolumeFile>();
  const tokens: TokenWish[] = [];
  const from: SourceKey[] = [];
  for (const each of (source['sources'] ?? []) as readonly Fields[]) {
    const token = each['serviceAccountToken'];
    if (isRecord(token)) {
      tokens.push({
        path: String(token['path']),
        audience: token['audience'] ? String(token['audience']) : undefined,
        expirationSeconds: Number(token['expirationSeconds'] ?? TOKEN_SECONDS),
        ...tokenOwner(parts.pod, mode),
      });
      continue;
    }
    const part = partOf(each, parts, mode);
    if (!part) continue;
    from.push(...part.from);
    if ('missing' in part) return { ...part, from };
    for (const [path, file] of part.files) files.set(path, file);
  }
  return { files, tokens, from };
}

/** A token is for those who run the containers alone, where it is known who that is. */
function tokenOwner({ spec }: Pod, mode: number): Pick<TokenWish, 'mode' | 'user'> {
  const users = new Set([...(spec.initContainers ?? []), ...spec.containers].map((each) => userOf(spec, each)));
  const [user] = users.size === 1 ? users : [];
  return { mode: user === undefined && spec.securityContext?.fsGroup === undefined ? mode : OWNERS_ONLY, user };
}

function userOf({ securityContext }: Pod['spec'], container: Container): number | undefined {
  return container.securityContext?.runAsUser ?? securityContext?.runAsUser;
}

function partOf(each: Fields, parts: ContentParts, mode: number): Content | Missing | undefined {
  for (const kind of ['configMap', 'secret', 'downwardAPI']) {
    const source = each[kind];
    if (isRecord(source)) return MAKERS[kind]!(source, parts, mode);
  }
  return undefined;
}

function modeOf(mode: unknown, otherwise: number): number {
  return typeof mode === 'number' ? mode : otherwise;
}
