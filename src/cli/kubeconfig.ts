import { readFileSync } from 'node:fs';
import { UserError } from '../base/index.ts';
import { findDataDir } from '../daemon/index.ts';

export async function kubeconfig(options: { dataDir?: string; path?: boolean }): Promise<void> {
  const { kubeconfig: file } = findDataDir(options.dataDir);
  if (options.path) return void process.stdout.write(`${file}\n`);
  try {
    process.stdout.write(readFileSync(file, 'utf8'));
  } catch {
    throw new UserError(`there is no ${file} yet: 'slipway up' writes it`);
  }
}
