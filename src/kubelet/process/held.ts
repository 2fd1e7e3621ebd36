import { closeSync, constants, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Clock, Millis, Timer } from '../../base/index.ts';
import { LOST, type ContainerRef, type RunState, type RuntimeContainer } from '../runtime.ts';
import { removeGroups } from './cgroups.ts';
import { idOf, type AttemptPaths } from './layout.ts';
import { LogTimes } from './logtimes.ts';
import { readOutcome, startOf, writeOutcome } from './outcome.ts';
import { killSession, readIfThere, signalGroup, type ProcessIdentity } from './procfs.ts';
import { readSettings } from './settings.ts';

/** Processes that were killed are gone a little later. */
const CLEAN_UP_MS: Millis = 100;

/** One attempt of a container, running or ended, started by this daemon or by an earlier one: from here on that makes no difference. */
export class HeldContainer {
  readonly ref: ContainerRef;
  readonly id: string;
  readonly paths: AttemptPaths;
  readonly log: LogTimes;
  /** Resolves when the container has ended. */
  readonly ended: Promise<void>;
  readonly identity: ProcessIdentity | undefined;
  readonly #image: string | undefined;
  readonly #clock: Clock;
  readonly #end: () => void;
  #state: RunState;
  #alive: Socket | undefined;
  #asked = false;
  #force: Timer | undefined;
  #forceAt = Infinity;
  #cleanUp: Timer | undefined;
  #input: number | undefined;

  /** `input` is held open for the container until somebody has written to it. */
  constructor(ref: ContainerRef, paths: AttemptPaths, identity: ProcessIdentity | undefined, clock: Clock, input?: number) {
    this.#input = input;
    this.ref = ref;
    this.id = idOf(ref);
    this.paths = paths;
    this.identity = identity;
    this.#image = readSettings(paths).image;
    this.#clock = clock;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    this.log = new LogTimes(paths, clock);
    this.log.catchUp();
    this.#state = readOutcome(paths) ?? { kind: 'running', startedAt: startOf(paths) ?? clock.now() };
    if (this.#state.kind === 'exited') this.#ended();
    else this.#listen();
  }

  get state(): RunState {
    return this.#state;
  }

  get view(): RuntimeContainer {
    const asked = this.#image;
    return { ...this.ref, id: this.id, state: this.#state, ...(asked === undefined ? {} : { asked }) };
  }

  /** TERM to the process group, KILL after the grace; a later call can only bring the KILL forward. */
  async stop(graceMs: Millis): Promise<void> {
    const { identity } = this;
    if (this.#state.kind === 'exited' || !identity) return;
    if (!this.#asked && graceMs > 0)
      signalGroup(identity, (readSettings(this.paths).stopSignal as NodeJS.Signals | undefined) ?? 'SIGTERM');
    this.#asked = true;
    const forceAt = this.#clock.now() + graceMs;
    if (forceAt < this.#forceAt) {
      this.#forceAt = forceAt;
      this.#force?.cancel();
      if (graceMs > 0) this.#force = this.#clock.after(graceMs, () => signalGroup(identity, 'SIGKILL'));
      else signalGroup(identity, 'SIGKILL');
    }
    await this.ended;
  }

  /** Whoever wrote to the input has gone. */
  endInput(): void {
    if (this.#input !== undefined) closeSync(this.#input);
    this.#input = undefined;
  }

  /** Lets go of a container that goes on running. */
  close(): void {
    this.endInput();
    this.#force?.cancel();
    this.#cleanUp?.cancel();
    this.#alive?.destroy();
    this.log.close();
  }

  /** The FIFO ends when the shim is gone, and the shim goes when the container has ended. */
  #listen(): void {
    this.log.open();
    const fifo = openFifo(this.paths.alive);
    if (fifo === undefined) return this.#shimGone();
    const alive = new Socket({ fd: fifo, readable: true, writable: false });
    this.#alive = alive;
    const gone = () => {
      alive.destroy();
      this.#shimGone();
    };
    alive.once('end', gone).once('error', gone).resume();
  }

  #shimGone(): void {
    if (this.#state.kind === 'exited') return;
    let outcome = readOutcome(this.paths);
    if (!outcome) {
      if (this.identity) killSession(this.identity);
      writeOutcome(this.paths, LOST.exitCode, LOST.reason, `${LOST.message}: the shim that held it is gone`);
      outcome = readOutcome(this.paths);
    }
    this.#state = outcome!;
    this.#ended();
  }

  #ended(): void {
    this.#force?.cancel();
    this.endInput();
    this.log.finish();
    const groups = readIfThere(this.paths.cgroups) ?? '';
    if (!removeGroups(groups)) this.#cleanUp = this.#clock.after(CLEAN_UP_MS, () => removeGroups(groups));
    this.#end();
  }
}

/** Undefined when it has no writer: of one that went before the FIFO was opened, no event ever tells. */
function openFifo(path: string): number | undefined {
  let fifo: number | undefined;
  try {
    fifo = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    readSync(fifo, Buffer.alloc(1));
    closeSync(fifo);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return fifo;
    if (code === 'ENOENT') return undefined;
    throw error;
  }
}
