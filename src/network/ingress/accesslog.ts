import { appendFile, rename, rm, stat } from 'node:fs/promises';
import { messageOf, type Clock, type Log, type Millis, type Timer } from '../../base/index.ts';
import type { Served } from './proxy.ts';

export interface AccessLogOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** In bytes, of each file. */
  readonly largestFile?: number;
}

/** Lines come together for so long before they are written. */
const PATIENCE: Millis = 1_000;
const WORTH_WRITING = 64 * 2 ** 10;
/** What a disk that does not keep up may cost in memory. */
const MOST_WAITING = 4 * 2 ** 20;
const LARGEST_FILE = 10 * 2 ** 20;
/** `ingress.log.1` is the newest of those that are full. */
const FULL_FILES = 4;

/** One line of JSON a request, in files that are bounded in size and number. Queries are left out: they hold secrets. */
export class AccessLog {
  readonly #options: AccessLogOptions;
  #lines: string[] = [];
  #waiting = 0;
  #lost = 0;
  #size: number | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #failed = false;

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  note(entry: Served): void {
    if (this.#waiting > MOST_WAITING) return void this.#lost++;
    this.#add({ ...entry, at: new Date(entry.at).toISOString() });
    if (this.#waiting > WORTH_WRITING) this.#flush();
    else this.#timer ??= this.#options.clock.after(PATIENCE, () => this.#flush());
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#writing;
    await this.#write();
  }

  #add(value: object): void {
    const line = `${JSON.stringify(value)}\n`;
    this.#lines.push(line);
    this.#waiting += line.length;
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    do await this.#write();
    while (this.#waiting > WORTH_WRITING);
    this.#writing = undefined;
  }

  async #write(): Promise<void> {
    if (this.#lost > 0) this.#add({ lost: this.#lost });
    const text = this.#lines.join('');
    [this.#lines, this.#waiting, this.#lost] = [[], 0, 0];
    if (text === '') return;
    try {
      await this.#append(text);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#options.log.warn({ path: this.#options.path, error: messageOf(error) }, 'ingress access log not written');
      this.#failed = true;
    }
  }

  async #append(text: string): Promise<void> {
    const { path, largestFile = LARGEST_FILE } = this.#options;
    this.#size ??= await sizeOf(path);
    if (this.#size > 0 && this.#size + text.length > largestFile) await this.#turn(path);
    await appendFile(path, text, { mode: 0o600 });
    this.#size += Buffer.byteLength(text);
  }

  async #turn(path: string): Promise<void> {
    const names = [path, ...Array.from({ length: FULL_FILES }, (_, i) => `${path}.${i + 1}`)];
    await rm(names.at(-1)!, { force: true });
    for (let i = names.length - 2; i >= 0; i--) if ((await sizeOf(names[i]!)) > 0) await rename(names[i]!, names[i + 1]!);
    this.#size = 0;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
