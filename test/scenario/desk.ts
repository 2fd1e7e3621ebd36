import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestRepository } from '../gitops/repository.ts';
import { findKubectl } from '../tools/kubectl.ts';
import { Daemon } from './sandbox.ts';

const run = promisify(execFile);
const LAUNCHER = join(import.meta.dirname, '../../src/cli/slipway');

export const kubectlPath = findKubectl();

export interface Said {
  readonly code: number;
  readonly text: string;
}

/** A folder with a data directory, and the commands that a person types in it. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-gitops-'));
  /** All that was ever printed here. */
  readonly printed: string[] = [];
  #daemon: Daemon | undefined;

  /** An empty repository in the folder `manifests`. */
  repository(): TestRepository {
    mkdirSync(join(this.folder, 'manifests'));
    const repository = new TestRepository(join(this.folder, 'manifests'));
    repository.git('config', 'user.name', 'Ada');
    repository.git('config', 'user.email', 'ada@example.com');
    return repository;
  }

  get daemon(): Daemon {
    return this.#daemon!;
  }

  /** Starts it and does not wait until it is ready. */
  start(...args: string[]): Daemon {
    const common = ['--data-dir', 'data', '--listen', '127.0.0.1:0', '--runtime', 'simulated'];
    if (this.#daemon) this.printed.push(this.#daemon.output);
    this.#daemon = new Daemon(['up', ...args, ...common], this.folder);
    return this.#daemon;
  }

  async up(...args: string[]): Promise<Daemon> {
    const daemon = this.start(...args);
    await daemon.line(/Ready in/);
    return daemon;
  }

  async slipway(...args: string[]): Promise<Said> {
    try {
      const { stdout, stderr } = await run(LAUNCHER, args, { cwd: this.folder, env: { ...process.env, NO_COLOR: '1' } });
      this.printed.push(stdout, stderr);
      return { code: 0, text: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      this.printed.push(stdout, stderr);
      return { code, text: stdout + stderr };
    }
  }

  kubectl = async (...args: string[]) =>
    (await run(kubectlPath!, ['--kubeconfig', join(this.folder, 'data/kubeconfig'), ...args], { maxBuffer: 2 ** 26 })).stdout;

  async close(): Promise<void> {
    await this.#daemon?.interrupt();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
