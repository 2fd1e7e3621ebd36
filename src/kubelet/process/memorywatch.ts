import { writeFileSync } from 'node:fs';
import type { Clock, Millis, Timer } from '../../base/index.ts';
import { killSession, readIfThere, sessionOf, type ProcessIdentity } from './procfs.ts';

const LOOK_MS: Millis = 1000;
const PAGE_BYTES = 4096;

interface Watched {
  readonly identity: ProcessIdentity;
  readonly bytes: number;
}

/** Ends containers that take more memory than they may, where no cgroup does it. Without one to watch it costs nothing. */
export class MemoryWatch {
  readonly #clock: Clock;
  /** By where a note is left before the kill, for the shim to find. */
  readonly #watched = new Map<string, Watched>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Done again, it changes how much a container may take. */
  follow(identity: ProcessIdentity, bytes: number, note: string, ended: Promise<void>): void {
    this.#watched.set(note, { identity, bytes });
    void ended.then(() => this.#watched.delete(note));
    this.#timer ??= this.#clock.after(LOOK_MS, () => this.#look());
  }

  close(): void {
    this.#timer?.cancel();
    this.#watched.clear();
  }

  #look(): void {
    for (const [note, { identity, bytes }] of this.#watched) {
      if (residentBytes(identity) <= bytes) continue;
      writeFileSync(note, '');
      killSession(identity);
    }
    this.#timer = this.#watched.size > 0 ? this.#clock.after(LOOK_MS, () => this.#look()) : undefined;
  }
}

/** What the container's processes have in memory for themselves. */
function residentBytes(identity: ProcessIdentity): number {
  return sessionOf(identity).reduce((sum, pid) => {
    const [, resident = 0, shared = 0] = (readIfThere(`/proc/${pid}/statm`) ?? '').split(' ').map(Number);
    return sum + (resident - shared) * PAGE_BYTES;
  }, 0);
}
