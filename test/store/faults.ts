import { createLog, ManualClock, type Millis, type Timer } from '../../src/base/index.ts';
import type { JournalFile, JournalFiles } from '../../src/store/index.ts';
import { QUICK_FILES } from './journals.ts';

export type Operation = 'create' | 'write' | 'sync' | 'syncDirectory' | 'truncate' | 'draft' | 'rename' | 'remove';

/** A disk that fails in the chosen operations, and that can be made to wait. */
export class FaultyFiles implements JournalFiles {
  readonly done: string[] = [];
  readonly #failing = new Map<Operation, { code: string; on: RegExp }>();
  #halfWrites = false;
  #gate: Promise<void> | undefined;

  /** `on` chooses among the names of files. */
  fail(operation: Operation, code = 'EIO', on = /^/): void {
    this.#failing.set(operation, { code, on });
  }

  /** A write that fails has written its first half. */
  failHalfway(code = 'ENOSPC'): void {
    this.#halfWrites = true;
    this.fail('write', code);
  }

  mend(): void {
    this.#failing.clear();
    this.#halfWrites = false;
  }

  /** Syncs wait until the given function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return () => {
      this.#gate = undefined;
      resolve();
    };
  }

  async create(path: string): Promise<JournalFile> {
    this.#begin('create', path);
    return this.#wrap(await QUICK_FILES.create(path), path);
  }

  async extend(path: string): Promise<JournalFile> {
    return this.#wrap(await QUICK_FILES.extend(path), path);
  }

  async draft(path: string): Promise<JournalFile> {
    this.#begin('draft', path);
    return this.#wrap(await QUICK_FILES.draft(path), path);
  }

  async truncate(path: string, bytes: number): Promise<void> {
    this.#begin('truncate', path);
    await QUICK_FILES.truncate(path, bytes);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#begin('rename', to);
    await QUICK_FILES.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    this.#begin('remove', path);
    await QUICK_FILES.remove(path);
  }

  async syncDirectory(directory: string): Promise<void> {
    this.#begin('syncDirectory', directory);
    await QUICK_FILES.syncDirectory(directory);
  }

  #wrap(file: JournalFile, path: string): JournalFile {
    return {
      write: async (pieces) => {
        const whole = Buffer.concat(pieces);
        if (this.#halfWrites) await file.write([whole.subarray(0, whole.length / 2)]);
        this.#begin('write', path);
        await file.write(pieces);
      },
      sync: async () => {
        await this.#gate;
        this.#begin('sync', path);
        await file.sync();
      },
      close: () => file.close(),
    };
  }

  #begin(operation: Operation, path: string): void {
    const name = path.slice(path.lastIndexOf('/') + 1);
    this.done.push(`${operation} ${name}`);
    const { code, on } = this.#failing.get(operation) ?? {};
    if (code && on?.test(name))
      throw Object.assign(new Error(`${code}: the disk failed, ${operation} '${path}'`), { code, syscall: operation });
  }
}

/** A manual clock that tells when a timer is set: what waits for one can be waited for. */
export class TellingClock extends ManualClock {
  #set = 0;
  #told: () => void = () => {};

  override after(ms: Millis, fire: () => void): Timer {
    const over = () => this.#set--;
    const timer = super.after(ms, () => {
      over();
      fire();
    });
    this.#set++;
    this.#told();
    return {
      cancel: () => {
        over();
        timer.cancel();
      },
    };
  }

  /** Resolves once some timer is set. */
  async timer(): Promise<void> {
    while (this.#set === 0) await new Promise<void>((resolve) => (this.#told = resolve));
  }
}

/** A log whose messages can be waited for. */
export function tellingLog() {
  const said: Record<string, unknown>[] = [];
  let told: () => void = () => {};
  const log = createLog({
    write: (line) => {
      said.push(JSON.parse(line) as Record<string, unknown>);
      told();
    },
  });
  const count = (message: string) => said.filter(({ msg }) => msg === message).length;
  const saying = async (message: string, times = 1) => {
    while (count(message) < times) await new Promise<void>((resolve) => (told = resolve));
  };
  return { log, said, saying };
}
