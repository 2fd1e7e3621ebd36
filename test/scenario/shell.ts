import { exec, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findHelm, findKubectl } from '../tools/kubectl.ts';
import { Daemon } from './sandbox.ts';

export const hasClients = findKubectl() !== undefined && findHelm() !== undefined;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `slipway up` without a repository, over simulated nodes. */
export class BareCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-bare-'));
  readonly kubeconfig = join(this.folder, 'data', 'kubeconfig');
  #daemon: Daemon | undefined;

  async up(nodes = 3): Promise<void> {
    const args = ['up', '--runtime', 'simulated', '--nodes', String(nodes), '--listen', '127.0.0.1:0'];
    this.#daemon = new Daemon([...args, '--data-dir', join(this.folder, 'data')], this.folder);
    await this.#daemon.line(/Ready in/);
  }

  /** A person at work in a namespace, which is made for it. */
  async shell(namespace: string, kubectl = findKubectl()!): Promise<Shell> {
    const shell = new Shell(join(this.folder, namespace), this.kubeconfig, kubectl);
    if (namespace !== 'default') await shell.types(`kubectl create namespace ${namespace}`);
    await shell.types(`kubectl config set-context --current --namespace ${namespace}`);
    return shell;
  }

  async close(): Promise<void> {
    await this.#daemon?.interrupt();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A folder, a kubeconfig, and `kubectl` and `helm` on the path. */
export class Shell {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(folder: string, kubeconfig: string, kubectl: string) {
    this.#folder = folder;
    const bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(kubectl, join(bin, 'kubectl'));
    symlinkSync(findHelm()!, join(bin, 'helm'));
    copyFileSync(kubeconfig, join(folder, 'kubeconfig'));
    // What kubectl keeps of discovery is shared by all who talk to this cluster.
    const HOME = dirname(folder);
    this.#env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, KUBECONFIG: join(folder, 'kubeconfig'), HOME };
  }

  /** Anybody may run it. */
  file = (name: string, text: string | object): void => {
    const path = join(this.#folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text), { mode: 0o755 });
  };

  read = (name: string): string => readFileSync(join(this.#folder, name), 'utf8');

  /** What a command that succeeds prints. */
  types = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await this.run(command);
    if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  };

  /** What a command that fails complains of. */
  fails = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await this.run(command);
    if (code === 0) throw new Error(`${command}\nshould have failed, but printed:\n${stdout}${stderr}`);
    return stderr;
  };

  run = (command: string): Promise<Ran> =>
    new Promise((resolve) => {
      exec(command, { cwd: this.#folder, env: this.#env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
        resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
      });
    });

  /** Lets a command run on; what it prints can be waited for. */
  follows(command: string): Following {
    return new Following(spawn('/bin/sh', ['-c', `exec ${command}`], { cwd: this.#folder, env: this.#env }));
  }
}

/** A command that goes on until it is stopped. */
export class Following {
  readonly #child: ChildProcessWithoutNullStreams;
  #out = '';
  #all = '';
  #look = () => {};

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#add((this.#out += text) && text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#add(text));
  }

  #add(text: string): void {
    this.#all += text;
    this.#look();
  }

  /** Resolves once what it printed, complaints included, matches. */
  async prints(pattern: RegExp): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#look = () => pattern.test(this.#all) && resolve();
      this.#look();
    });
  }

  /** What it printed until now, without complaints. */
  stop(): string {
    this.#child.kill();
    return this.#out;
  }
}

/** The cells of a printed table, row by row; the first row is the head. */
export function cells(table: string): string[][] {
  return table
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/\s{2,}/));
}

export const head = (table: string) => cells(table)[0]!;
