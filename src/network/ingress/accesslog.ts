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
/** What is written at once. */
const BLOCK = 128 * 2 ** 10;
/** What a disk that does not keep up may cost in memory. */
const MOST_BLOCKS = 32;
/** Of a character in UTF-8, as UTF-16 counts them. */
const LARGEST_CHARACTER = 3;
const LARGEST_FILE = 10 * 2 ** 20;
/** `ingress.log.1` is the newest of those that are full. */
const FULL_FILES = 4;

/**
 * One line of JSON a request, in files that are bounded in size and number. Queries are left out: they hold secrets.
 * Lines wait as bytes: as strings they would outlive their request, which makes collecting garbage dear.
 */
export class AccessLog {
  readonly #options: AccessLogOptions;
  #full: Buffer[] = [];
  #block: Buffer | undefined;
  #used = 0;
  #lost = 0;
  #stamp = { at: Number.NaN, text: '' };
  #size: number | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #failed = false;

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  note({ at, ms, client, protocol, method, host, path, status, bytes, ingress, service, error }: Served): void {
    if (this.#full.length >= MOST_BLOCKS) return void this.#lost++;
    this.#add({ at: this.#timeOf(at), ms, client, protocol, method, host, path, status, bytes, ingress, service, error });
    if (this.#full.length > 0) this.#flush();
    else this.#timer ??= this.#options.clock.after(PATIENCE, () => this.#flush());
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#writing;
    await this.#write();
  }

  /** Requests come many in a millisecond. */
  #timeOf(at: Millis): string {
    if (this.#stamp.at !== at) this.#stamp = { at, text: new Date(at).toISOString() };
    return this.#stamp.text;
  }

  #add(value: object): void {
    const line = `${JSON.stringify(value)}\n`;
    const most = line.length * LARGEST_CHARACTER;
    if (this.#block && this.#used + most > this.#block.length) this.#endBlock();
    this.#block ??= Buffer.allocUnsafe(Math.max(BLOCK, most));
    this.#used += this.#block.write(line, this.#used);
  }

  #endBlock(): void {
    if (this.#block) this.#full.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    do await this.#write();
    while (this.#full.length > 0);
    this.#writing = undefined;
  }

  async #write(): Promise<void> {
    if (this.#lost > 0) this.#add({ lost: this.#lost });
    this.#endBlock();
    const bytes = Buffer.concat(this.#full);
    [this.#full, this.#lost] = [[], 0];
    if (bytes.length === 0) return;
    try {
      await this.#append(bytes);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#options.log.warn({ path: this.#options.path, error: messageOf(error) }, 'ingress access log not written');
      this.#failed = true;
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    const { path, largestFile = LARGEST_FILE } = this.#options;
    this.#size ??= await sizeOf(path);
    if (this.#size > 0 && this.#size + bytes.length > largestFile) await this.#turn(path);
    await appendFile(path, bytes, { mode: 0o600 });
    this.#size += bytes.length;
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
