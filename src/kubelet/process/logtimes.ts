import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  watch,
  writeFileSync,
  type FSWatcher,
} from 'node:fs';
import type { Clock, Millis, Timer } from '../../base/index.ts';
import type { AttemptPaths } from './layout.ts';
import { rotateLog } from './rotate.ts';
import { formatMark, MARK_BYTES, parseMark } from './mark.ts';

/** While a log grows it is looked at this often, instead of at each of its writes. */
const LOOK_MS = 50;

/** A log that is longer is put aside, as a kubelet does it. */
const LONGEST_LOG_BYTES = 10 * 1024 * 1024;

/** Where the system has no watch left to give. */
const LOOK_UNWATCHED_MS = 1000;

/**
 * Notes when a log grew. The container writes its log itself, without a pipe through the daemon, so nothing blocks or is
 * lost while the daemon is down; the times of the lines lie in a file beside it.
 */
export class LogTimes {
  readonly #paths: AttemptPaths;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #noted = 0;
  #watcher: FSWatcher | undefined;
  #look: Timer | undefined;
  #finished = true;
  #rotating = false;
  #cut = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #longest: number;

  constructor(paths: AttemptPaths, clock: Clock, longest = LONGEST_LOG_BYTES) {
    this.#longest = longest;
    this.#paths = paths;
    this.#clock = clock;
  }

  /** True when the container writes no more. */
  get finished(): boolean {
    return this.#finished;
  }

  /** How many bytes have been taken away from its beginning. */
  get cut(): number {
    return this.#cut;
  }

  /** Nothing is taken away while the work is done. */
  steady<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Notes what came while nobody looked: it was written at the latest when the file changed last. */
  catchUp(): void {
    this.#noted = lastMark(this.#paths.times);
    this.#note(statSync(this.#paths.log, { throwIfNoEntry: false })?.mtimeMs ?? this.#clock.now());
  }

  open(): void {
    this.#finished = false;
    this.#watch();
  }

  /** Resolves when the log has grown beyond `size`, or has come to its end. */
  grown(size: number, signal: AbortSignal): Promise<void> {
    if (this.#finished || sizeOf(this.#paths.log) !== size || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** The container has ended. */
  finish(): void {
    if (!this.#finished) this.#note(this.#clock.now());
    this.close();
  }

  close(): void {
    this.#finished = true;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#look?.cancel();
    this.#wake();
  }

  #watch(): void {
    let watcher: FSWatcher;
    try {
      watcher = watch(this.#paths.log, { persistent: false });
    } catch {
      return this.#lookAfter(LOOK_UNWATCHED_MS);
    }
    this.#watcher = watcher;
    const stir = () => {
      watcher.close();
      if (this.#watcher !== watcher) return;
      this.#watcher = undefined;
      this.#grew();
    };
    watcher.on('change', stir).on('error', stir);
    // It may have grown between the last look and the watch.
    if (sizeOf(this.#paths.log) !== this.#noted) stir();
  }

  #grew(): void {
    const grew = this.#note(this.#clock.now());
    if (grew) this.#wake();
    this.#lookAfter(LOOK_MS);
  }

  #lookAfter(ms: Millis): void {
    this.#look = this.#clock.after(ms, () => {
      if (this.#finished) return;
      if (!this.#note(this.#clock.now())) return this.#watch();
      this.#wake();
      this.#lookAfter(LOOK_MS);
    });
  }

  #note(at: Millis): boolean {
    if (this.#rotating) return false;
    const size = sizeOf(this.#paths.log);
    if (size === this.#noted) return false;
    const mark = formatMark({ offset: size, at });
    // A log that was cut short begins anew, and so do its times.
    if (size < this.#noted) writeFileSync(this.#paths.times, mark);
    else appendFileSync(this.#paths.times, mark);
    this.#noted = size;
    if (size > this.#longest && !this.#finished) void this.steady(() => this.#rotate());
    return true;
  }

  async #rotate(): Promise<void> {
    if (this.#noted <= this.#longest) return;
    this.#rotating = true;
    try {
      const bytes = await rotateLog(this.#paths.log, this.#paths.aside);
      this.#cut += bytes;
      this.#noted = Math.max(0, this.#noted - bytes);
      writeFileSync(this.#paths.times, marksAfter(readFileSync(this.#paths.times, 'latin1'), bytes));
    } catch {
      // The disk may be full, or the container be gone: the log goes on as it is.
    } finally {
      this.#rotating = false;
    }
    this.#note(this.#clock.now());
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The size that was noted last. A mark that was torn by a crash is cut off. */
function lastMark(times: string): number {
  const whole = Math.floor(sizeOf(times) / MARK_BYTES) * MARK_BYTES;
  if (whole === 0) return 0;
  truncateSync(times, whole);
  const file = openSync(times, 'r');
  try {
    const mark = Buffer.alloc(MARK_BYTES);
    readSync(file, mark, 0, MARK_BYTES, whole - MARK_BYTES);
    return parseMark(mark.toString('latin1')).offset;
  } finally {
    closeSync(file);
  }
}

/** The marks of what is left when so much is gone from the beginning. */
function marksAfter(text: string, bytes: number): string {
  const marks = text.match(/.{31}\n/g) ?? [];
  return marks
    .map(parseMark)
    .filter(({ offset }) => offset > bytes)
    .map(({ offset, at }) => formatMark({ offset: offset - bytes, at }))
    .join('');
}
