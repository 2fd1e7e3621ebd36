/** What something that takes long says meanwhile: on a terminal in place, in a pipe each news once. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  #lines: readonly string[] = [];

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
  }

  show(lines: readonly string[]): void {
    if (lines.join('\n') === this.#lines.join('\n')) return;
    if (this.#out.isTTY) {
      this.#clear();
      for (const line of lines) this.#out.write(`${line.slice(0, this.#out.columns - 1)}\n`);
    } else {
      for (const line of lines) if (!this.#lines.includes(line)) this.#out.write(`${line}\n`);
    }
    this.#lines = lines;
  }

  /** The last word stays. */
  end(text: string): void {
    if (this.#out.isTTY) this.#clear();
    this.#lines = [];
    this.#out.write(`${text}\n`);
  }

  #clear(): void {
    if (this.#lines.length > 0) this.#out.write(`\u001B[${this.#lines.length}A\u001B[J`);
  }
}
