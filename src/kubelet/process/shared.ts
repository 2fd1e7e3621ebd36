import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, parseIdentity, readIfThere, signalProcess, type ProcessIdentity } from './procfs.ts';
import { SHIM } from './start.ts';

/** The first process of the namespace that the containers of a pod share; it outlives the daemon, as they do. */
export class SharedProcesses {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The one that is there, or a new one: without it nothing of its namespace is left. */
  async begin(unshare: string): Promise<number> {
    const known = this.#identity();
    if (known && isAlive(known)) return known.pid;
    rmSync(this.#directory, { recursive: true, force: true });
    mkdirSync(this.#directory, { recursive: true });
    const starter = spawn('/bin/sh', [SHIM, 'share', unshare], {
      cwd: this.#directory,
      env: {},
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await Promise.race([once(starter.stdout!, 'data'), once(starter.stdout!, 'end')]);
    starter.stdout?.destroy();
    const begun = this.#identity();
    if (!begun) throw new Error('the namespace that the containers of the pod share could not be made');
    return begun.pid;
  }

  /** With it everything ends that is in its namespace. */
  end(): void {
    const identity = this.#identity();
    if (identity) signalProcess(identity, 'SIGKILL');
  }

  #identity(): ProcessIdentity | undefined {
    return parseIdentity(readIfThere(join(this.#directory, 'pid')) ?? '');
  }
}
