import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findKubectl } from '../tools/kubectl.ts';

const run = promisify(execFile);
const PROJECT = new URL('../..', import.meta.url).pathname;
const LAUNCHER = join(PROJECT, 'src/cli/slipway');

export const kubectlPath = findKubectl();

/** A person's folder: a Git repository of manifests, a data directory, and the commands that a person types. */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-scenario-'));
  readonly repository = join(this.folder, 'manifests');
  readonly dataDir = join(this.folder, 'data');
  #daemon: Daemon | undefined;

  async prepare(): Promise<void> {
    cpSync(join(PROJECT, 'cluster-repo'), this.repository, { recursive: true });
    await this.git('init', '--quiet', '--initial-branch=main');
    await this.git('config', 'user.name', 'Ada');
    await this.git('config', 'user.email', 'ada@example.com');
    await this.commit('First manifests');
  }

  async git(...args: string[]): Promise<string> {
    return (await run('git', args, { cwd: this.repository })).stdout;
  }

  async commit(message: string): Promise<string> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '-m', message);
    return (await this.git('rev-parse', '--short=7', 'HEAD')).trim();
  }

  edit(file: string, change: (text: string) => string): void {
    const path = join(this.repository, file);
    const before = readFileSync(path, 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`the edit of ${file} changes nothing`);
    writeFileSync(path, after);
  }

  async up(...options: string[]): Promise<Daemon> {
    this.#daemon = new Daemon(
      ['up', this.repository, '--data-dir', this.dataDir, '--listen', '127.0.0.1:0', '--runtime', 'process', ...options],
      this.folder,
    );
    await this.#daemon.line(/Ready in/);
    return this.#daemon;
  }

  kubectl = async (...args: string[]): Promise<string> => {
    return (await run(kubectlPath!, ['--kubeconfig', join(this.dataDir, 'kubeconfig'), ...args], { maxBuffer: 2 ** 26 })).stdout;
  };

  async slipway(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    try {
      return { code: 0, ...(await run(LAUNCHER, args, { cwd: this.folder })) };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, stdout, stderr };
    }
  }

  async close(): Promise<void> {
    await this.#daemon?.interrupt();
    await this.slipway('down', '--data-dir', this.dataDir);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A running `slipway up`, and what it prints. */
export class Daemon {
  readonly #child: ChildProcess;
  #text = '';
  #seen = 0;
  readonly #waiting = new Set<() => void>();
  readonly exited: Promise<number | null>;

  constructor(args: readonly string[], cwd: string, command = LAUNCHER) {
    this.#child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.#text += chunk;
        for (const look of this.#waiting) look();
      });
    }
    this.exited = new Promise((resolve) => this.#child.once('exit', resolve));
    void this.exited.then(() => {
      for (const look of this.#waiting) look();
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get output(): string {
    return this.#text;
  }

  /** The next line, after those that were already waited for, that matches. */
  line(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = new RegExp(`^.*(?:${pattern.source}).*$`, 'm').exec(this.#text.slice(this.#seen));
        if (found) {
          this.#waiting.delete(look);
          this.#seen += found.index + found[0].length;
          resolve(found[0]);
        } else if (this.#child.exitCode !== null) {
          this.#waiting.delete(look);
          reject(new Error(`slipway ended with ${this.#child.exitCode} before it printed ${pattern}:\n${this.#text}`));
        }
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Ctrl-C. */
  async interrupt(): Promise<number | null> {
    if (this.#child.exitCode === null) this.#child.kill('SIGINT');
    return this.exited;
  }

  kill(): Promise<number | null> {
    this.#child.kill('SIGKILL');
    return this.exited;
  }
}
