import { createHash } from 'node:crypto';
import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { isRecord } from '../../base/index.ts';
import type { Container, Pod, Volume } from '../../model/index.ts';
import type { SourceKey, Sources } from '../environment/resolve.ts';
import type { Mount } from '../runtime.ts';

export type Laid =
  | { readonly ok: true; readonly mounts: readonly Mount[] }
  | { readonly ok: false; readonly message: string; readonly waitsFor?: SourceKey };

/** Lays a container's volumes under the pod's directory for them, and says where each is to be seen. */
export async function layVolumes(pod: Pod, container: Container, directory: string, sources: Sources): Promise<Laid> {
  const mounts: Mount[] = [];
  for (const { name, mountPath, subPath, readOnly = false } of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find((each) => each.name === name);
    if (!volume) return { ok: false, message: `volume "${name}" is not among the pod's volumes` };
    const at = join(directory, name);
    const problem = await lay(volume, at, pod.metadata.namespace ?? 'default', sources);
    if (problem) return { ...problem, message: `MountVolume.SetUp failed for volume "${name}" : ${problem.message}` };
    if (subPath && normalize(subPath).startsWith('..'))
      return { ok: false, message: `subPath ${JSON.stringify(subPath)} leads out of volume "${name}"` };
    mounts.push({ source: subPath ? join(at, subPath) : at, path: mountPath, readOnly });
  }
  return { ok: true, mounts };
}

interface Files {
  readonly files: ReadonlyMap<string, Buffer>;
}

type Problem = Extract<Laid, { ok: false }>;

async function lay(volume: Volume, at: string, namespace: string, sources: Sources): Promise<Problem | undefined> {
  const { emptyDir, configMap, secret } = volume;
  if (emptyDir !== undefined) {
    await mkdir(at, { recursive: true });
    return undefined;
  }
  const found = isRecord(configMap)
    ? configMapFiles(configMap, namespace, sources)
    : isRecord(secret)
      ? secretFiles(secret, namespace, sources)
      : undefined;
  if (!found) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
    return { ok: false, message: `volumes of the kind ${kind} are not supported: use emptyDir, configMap or secret` };
  }
  if (!('files' in found)) return found;
  await writeFiles(at, found.files);
  return undefined;
}

function configMapFiles(volume: Record<string, unknown>, namespace: string, sources: Sources): Files | Problem {
  const name = String(volume['name'] ?? '');
  const found = sources.configMap(namespace, name);
  if (!found && !volume['optional'])
    return { ok: false, message: `configmap "${name}" not found`, waitsFor: `configmap/${namespace}/${name}` };
  const entries = [
    ...Object.entries(found?.data ?? {}).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...Object.entries(found?.binaryData ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const),
  ];
  return pick(new Map(entries), volume, `configmap/${namespace}/${name}`);
}

function secretFiles(volume: Record<string, unknown>, namespace: string, sources: Sources): Files | Problem {
  const name = String(volume['secretName'] ?? '');
  const found = sources.secret(namespace, name);
  if (!found && !volume['optional']) return { ok: false, message: `secret "${name}" not found`, waitsFor: `secret/${namespace}/${name}` };
  return pick(
    new Map(Object.entries(found?.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')])),
    volume,
    `secret/${namespace}/${name}`,
  );
}

/** `items` name which keys are wanted, and under which paths. */
function pick(all: ReadonlyMap<string, Buffer>, volume: Record<string, unknown>, waitsFor: SourceKey): Files | Problem {
  const items = volume['items'];
  if (!Array.isArray(items)) return { files: all };
  const files = new Map<string, Buffer>();
  for (const { key, path } of items as readonly { key: string; path: string }[]) {
    const content = all.get(key);
    if (content) files.set(path, content);
    else if (!volume['optional']) return { ok: false, message: `references non-existent config key: ${key}`, waitsFor };
  }
  return { files };
}

/** All files change at one moment: a new directory beside the old one, and one link that is moved. */
async function writeFiles(at: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  const digest = createHash('sha256');
  for (const [path, content] of files) digest.update(`${path}\0${content.length}\0`).update(content);
  const generation = `..${digest.digest('hex').slice(0, 16)}`;
  const data = join(at, '..data');
  const before = await readlink(data).catch(() => undefined);
  if (before === generation) return;
  for (const [path, content] of files) {
    const file = join(at, generation, path);
    if (normalize(path).startsWith('..')) continue;
    await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
    await writeFile(file, content, { mode: 0o600 });
  }
  await mkdir(join(at, generation), { recursive: true, mode: 0o700 });
  await symlink(generation, `${data}_tmp`);
  await rename(`${data}_tmp`, data);
  for (const path of files.keys()) {
    const [top = ''] = path.split('/');
    await symlink(join('..data', top), join(at, top)).catch(() => undefined);
  }
  if (before) await rm(join(at, before), { recursive: true, force: true });
}
