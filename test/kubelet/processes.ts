import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, silentLog, systemClock } from '../../src/base/index.ts';
import {
  processRuntime,
  type ContainerSpec,
  type Environment,
  type ProcessRuntimeOptions,
  type Runtime,
  type RuntimeContainer,
} from '../../src/kubelet/index.ts';

/** A directory with process runtimes over it, one after another, as daemons come and go. */
export class Machine {
  readonly dir = mkdtempSync(join(tmpdir(), 'slipway-process-'));
  runtime!: Runtime;
  readonly #without: ProcessRuntimeOptions['without'];

  constructor(without: ProcessRuntimeOptions['without'] = []) {
    this.#without = without;
  }

  async boot(inherited?: Environment): Promise<Runtime> {
    await this.runtime?.close();
    this.runtime = await processRuntime({
      dir: this.dir,
      clock: systemClock,
      random: seededRandom(process.pid * 7 + 1),
      log: silentLog,
      podCidr: '127.64.0.0/12',
      without: this.#without,
      ...(inherited ? { inherited } : {}),
    });
    return this.runtime;
  }

  async pod(podUid = 'pod'): Promise<string> {
    return (await this.runtime.ensureSandbox({ podUid, namespace: 'default', name: podUid, annotations: {} })).ip;
  }

  start(script: string, rest: Partial<ContainerSpec> = {}): Promise<string> {
    return this.runtime.start({
      podUid: 'pod',
      name: 'main',
      attempt: 0,
      image: '',
      command: ['sh', '-c', script],
      args: [],
      env: {},
      mounts: [],
      ...rest,
    });
  }

  async container(id = 'pod/main/0'): Promise<RuntimeContainer> {
    const found = (await this.runtime.list()).flatMap(({ containers }) => containers).find((each) => each.id === id);
    if (!found) throw new Error(`no container ${id}`);
    return found;
  }

  /** Resolves when the container has ended by itself. */
  async ended(id = 'pod/main/0'): Promise<RuntimeContainer> {
    let changed = Promise.withResolvers<void>();
    const subscription = this.runtime.subscribe(() => changed.resolve());
    while ((await this.container(id)).state.kind === 'running') {
      await changed.promise;
      changed = Promise.withResolvers();
    }
    subscription.close();
    return this.container(id);
  }

  /** Resolves once the log holds the text. */
  async says(text: string, id = 'pod/main/0'): Promise<void> {
    const stop = new AbortController();
    let seen = '';
    for await (const chunk of this.runtime.logs(id, { follow: true }, stop.signal)) {
      seen += Buffer.from(chunk).toString();
      if (seen.includes(text)) stop.abort();
    }
    if (!seen.includes(text)) throw new Error(`${JSON.stringify(text)} is not in the log, which is ${JSON.stringify(seen)}`);
  }

  async log(request: Parameters<Runtime['logs']>[1] = {}, id = 'pod/main/0'): Promise<string> {
    const chunks: Uint8Array[] = [];
    // Without a time of its own: a log that is cut short would be taken for a whole one.
    for await (const chunk of this.runtime.logs(id, request, new AbortController().signal)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  attempt(file = '', id = 'pod/main/0'): string {
    return join(this.dir, 'pods', id, file);
  }

  pid(id = 'pod/main/0'): number {
    return Number(readFileSync(this.attempt('pid', id), 'utf8').split(' ')[0]);
  }

  shim(id = 'pod/main/0'): number {
    return Number(statOf(this.pid(id))![1]);
  }

  /** Ends every process that has the directory of this machine in its command or as its own. */
  async close(): Promise<void> {
    await this.boot();
    for (const { containers } of await this.runtime.list()) await Promise.all(containers.map(({ id }) => this.runtime.stop(id, 0)));
    await this.runtime.close();
    rmSync(this.dir, { recursive: true });
  }
}

/** State, parent, process group and session. */
function statOf(pid: number): string[] | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  return text.slice(text.lastIndexOf(') ') + 2).split(' ');
}

export function isRunning(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== 'Z';
}

/** The living processes whose arguments begin with these. */
export function processesWith(...args: readonly string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isRunning(pid) && commandOf(pid).startsWith(`${args.join('\0')}\0`));
}

/** The living processes with these arguments one after another, wherever among theirs. */
export function processesAmongWhose(...args: readonly string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isRunning(pid) && commandOf(pid).includes(`\0${args.join('\0')}\0`));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
