import { createReadStream } from 'node:fs';
import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { RenderedFile } from './file.ts';

interface Archived {
  readonly blob: string;
  readonly bytes: number;
  readonly file: RenderedFile;
}

/** Raised when the same text gives something else than before. */
const FORMAT = 3;
const HEADER = `${JSON.stringify({ slipway: 'render', format: FORMAT })}\n`;
const MODE = 0o600;
/** Characters that are put into one write. */
const PIECE = 1024 * 1024;
/** The file is written anew when this much was added, or more than half of it is of no use. */
const MOST_ADDED = 64 * 1024 * 1024;

/** Rendered files on disk, a line each: a cache, so that whatever is wrong with it means to begin anew. */
export class RenderArchive {
  readonly #path: string;
  /** Lines as they were read, until somebody asks for them. */
  #lines = new Map<string, string>();
  #pending: string[] = [];
  #added = 0;
  #isFirst = true;
  #isUsable: boolean;

  private constructor(path: string, lines: Map<string, string>, isUsable: boolean) {
    this.#path = path;
    this.#lines = lines;
    this.#isUsable = isUsable;
  }

  static async open(path: string): Promise<RenderArchive> {
    const lines = new Map<string, string>();
    const isUsable = await readLines(path, (line) => lines.set(line.slice(9, 49), line)).catch(() => false);
    return new RenderArchive(path, isUsable ? lines : new Map(), isUsable);
  }

  has(blob: string): boolean {
    return this.#lines.has(blob);
  }

  take(blob: string): Archived | undefined {
    const line = this.#lines.get(blob);
    if (line === undefined) return undefined;
    this.#lines.delete(blob);
    try {
      return { blob, ...parseLine(line) };
    } catch {
      return undefined;
    }
  }

  /** Gives the file as it will be read back: texts cut out of it would hold it in memory as a whole. */
  put(blob: string, file: RenderedFile, bytes: number): RenderedFile {
    const line = lineOf({ blob, bytes, file });
    this.#pending.push(line);
    return parseLine(line).file;
  }

  /** Writes what was put. `all` gives what is in use: what the file has beside it is dropped now and then. */
  async flush(all: () => readonly Archived[]): Promise<void> {
    // After the first commit, what nobody asked for belongs to the past.
    const useless = this.#isFirst ? this.#lines.size : 0;
    this.#isFirst = false;
    this.#lines.clear();
    const pending = this.#pending.splice(0);
    const inUse = useless > 0 || !this.#isUsable || this.#added > MOST_ADDED ? all() : [];
    if (!this.#isUsable || this.#added > MOST_ADDED || useless > inUse.length) return this.#rewrite(inUse);
    if (pending.length > 0) await this.#append(pending);
  }

  async #append(lines: readonly string[]): Promise<void> {
    for (const piece of pieces(lines)) {
      this.#added += piece.length;
      await appendFile(this.#path, piece);
    }
  }

  async #rewrite(inUse: readonly Archived[]): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const fresh = `${this.#path}.new`;
    await writeFile(fresh, HEADER, { mode: MODE });
    for (let at = 0; at < inUse.length; at += 500) {
      await appendFile(
        fresh,
        inUse
          .slice(at, at + 500)
          .map(lineOf)
          .join(''),
      );
      await setImmediate();
    }
    await rename(fresh, this.#path);
    this.#added = 0;
    this.#isUsable = true;
  }
}

/** The blob's id stands at a fixed place, so that a line is found without being parsed. */
function lineOf({ blob, bytes, file }: Archived): string {
  return `${JSON.stringify({ blob, bytes, objects: file.objects })}\n`;
}

function parseLine(line: string): Pick<Archived, 'bytes' | 'file'> {
  const { bytes, objects } = JSON.parse(line) as { bytes: number; objects: RenderedFile['objects'] };
  return { bytes, file: { objects, problems: [] } };
}

function* pieces(lines: readonly string[]): Iterable<string> {
  let piece: string[] = [];
  let size = 0;
  for (const line of lines) {
    piece.push(line);
    size += line.length;
    if (size < PIECE) continue;
    yield piece.join('');
    [piece, size] = [[], 0];
  }
  if (piece.length > 0) yield piece.join('');
}

/** Whether the file is one that we wrote; the line that a crash cut off is left out. */
async function readLines(path: string, found: (line: string) => void): Promise<boolean> {
  let rest = '';
  let isOurs = false;
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop()!;
    if (!isOurs && lines.length > 0 && `${lines.shift()}\n` !== HEADER) return false;
    isOurs = true;
    for (const line of lines) found(line);
  }
  return isOurs && rest === '';
}
