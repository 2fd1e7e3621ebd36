import { rename, rm, stat } from 'node:fs/promises';
import type { Clock, Millis, Timer } from '../../base/index.ts';

/** As a kubelet does it: looked at every ten seconds, five files of ten megabytes. */
const LOOK_MS: Millis = 10_000;
const LONGEST_LOG_BYTES = 10 * 1024 * 1024;
const MOST_FILES = 5;

/** All that there may be of a container's log, the newest first. */
export function logFiles(path: string): readonly string[] {
  return [path, ...Array.from({ length: MOST_FILES - 1 }, (_, age) => `${path}.${age + 1}`)];
}

export interface RotationOptions {
  readonly clock: Clock;
  /** The logs that are being written. */
  readonly logs: () => readonly { readonly id: string; readonly path: string }[];
  /** Lets the runtime begin a new file. */
  readonly reopen: (id: string) => Promise<unknown>;
  readonly longest?: number;
}

/** Keeps logs from growing without end. While nothing runs it does not look. */
export class LogRotation {
  readonly #options: RotationOptions;
  #timer: Timer | undefined;

  constructor(options: RotationOptions) {
    this.#options = options;
  }

  /** Something runs that writes. */
  wake(): void {
    this.#timer ??= this.#options.clock.after(LOOK_MS, () => {
      this.#timer = undefined;
      void this.look().then(() => this.#options.logs().length > 0 && !this.#closed && this.wake());
    });
  }

  async look(): Promise<void> {
    const { logs, longest = LONGEST_LOG_BYTES } = this.#options;
    for (const { id, path } of logs()) {
      const size = await stat(path).then(
        (found) => found.size,
        () => 0,
      );
      if (size > longest) await this.#rotate(id, path);
    }
  }

  #closed = false;

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #rotate(id: string, path: string): Promise<void> {
    await rm(`${path}.${MOST_FILES - 1}`, { force: true });
    for (let age = MOST_FILES - 2; age >= 1; age--) await rename(`${path}.${age}`, `${path}.${age + 1}`).catch(() => {});
    await rename(path, `${path}.1`);
    // Where that fails the runtime goes on writing to the file under its new name, and the next look tries again.
    await this.#options.reopen(id).catch(() => rename(`${path}.1`, path));
  }
}
