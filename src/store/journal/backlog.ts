/** Log entries that wait for the disk; what exceeds them is dropped and counted. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The log entries on their way to the disk. Unlike changes they are kept while it fails, but only so many. */
export class Backlog {
  #kept: string[] = [];
  #bytes = 0;
  #dropped = 0;

  /** Whether the entry may wait too; else it is dropped. */
  admit(body: string): boolean {
    if (this.#bytes + body.length > MOST_BYTES) {
      this.#dropped++;
      return false;
    }
    this.#bytes += body.length;
    return true;
  }

  /** Until the disk is written again. */
  keep(bodies: readonly string[]): void {
    this.#kept.push(...bodies);
  }

  takeKept(): readonly string[] {
    return this.#kept.splice(0);
  }

  written(bodies: readonly string[]): void {
    this.#bytes -= bodies.reduce((sum, body) => sum + body.length, 0);
  }

  /** Whether entries were dropped, and those that were not are all on disk. */
  get owesReport(): boolean {
    return this.#dropped > 0 && this.#bytes === 0;
  }

  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
