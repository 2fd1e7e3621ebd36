import { stat } from 'node:fs/promises';
import { UserError } from '../../base/index.ts';
import type { EndLine, SegmentLine } from './format.ts';
import { Damage, readSegmentLine, SegmentReader, type Batch } from './reader.ts';
import { compressedPath, listSegments, segmentName, segmentPath } from './segments.ts';

/** Where the journal goes on: after its last whole batch. */
export interface Tail {
  readonly segment: number;
  readonly format: number;
  readonly bytes: number;
  readonly end: EndLine;
  /** Of the next line. */
  readonly sequence: number;
}

export interface Scan {
  readonly tail: Tail | undefined;
  /** What a crash left behind the last whole batch. */
  readonly torn: readonly { readonly segment: number; readonly bytes: number }[];
}

/**
 * Reads and checks the journal from a segment on, by default from its beginning. Damage is thrown as a UserError that
 * says where, what, and how to go on.
 */
export async function scanJournal(directory: string, take: (batch: Batch) => void, from = 1): Promise<Scan> {
  const all = await listSegments(directory);
  const segments = all.filter((segment) => segment >= from);
  const torn: { segment: number; bytes: number }[] = [];
  let tail: Tail | undefined;
  for (const [i, segment] of segments.entries()) {
    const later = segments.slice(i + 1);
    const next = later[0] === undefined ? undefined : await readSegmentLine(directory, later[0]);
    // Whoever died at the first line of the last segment left the one before as the last.
    const isLast = later.length === 0 || (later.length === 1 && !next);
    const reader = await SegmentReader.open(directory, segment);
    try {
      while (await reader.read(endOf(segment, next))) {
        for (const batch of reader.batches()) {
          const first = batch.lines[0]?.line;
          if (first?.op === 'segment') checkJoint(first, segment, tail, from);
          tail = tailAfter(segment, batch);
          take(batch);
        }
      }
      const left = reader.tail();
      if (left > 0 && !isLast) throw new Damage(reader.line + 1, reader.good, 'it belongs to no whole batch, and another segment follows');
      if (left > 0) torn.push({ segment, bytes: left });
    } catch (error) {
      throw await describeDamage(error, directory, segment, all);
    } finally {
      await reader.close();
    }
  }
  return { tail, torn };
}

/** Where a segment ends, as the next one says. */
export function endOf(segment: number, next: SegmentLine | undefined): number | undefined {
  return next?.previous?.segment === segment ? next.previous.bytes : undefined;
}

function tailAfter(segment: number, batch: Batch): Tail {
  return { segment, format: batch.format, bytes: batch.endsAt, end: batch.end, sequence: batch.sequence + batch.lines.length };
}

function checkJoint({ previous, segment }: SegmentLine, expected: number, tail: Tail | undefined, from: number): void {
  if (segment !== expected) throw new Damage(1, 0, `it says that it is segment ${segment}`);
  // Where reading begins, the chain begins.
  if (!tail && segment === from) return;
  if (previous?.segment !== tail?.segment)
    throw new Damage(1, 0, `${segmentName(previous?.segment ?? segment - 1)}, which comes before it, is missing`);
  if (previous?.hash !== tail?.end.hash || previous?.bytes !== tail?.bytes)
    throw new Damage(1, 0, `it does not go on where ${segmentName(tail!.segment)} ends`);
}

/** Makes damage an error that says where it is and how to go on; leaves other errors as they are. */
export async function describeDamage(damage: unknown, directory: string, segment: number, all: readonly number[]): Promise<unknown> {
  if (!(damage instanceof Damage)) return damage;
  const plain = segmentPath(directory, segment);
  const isPlain = await stat(plain).then(
    () => true,
    () => false,
  );
  const path = isPlain ? plain : compressedPath(directory, segment);
  const givenUp = isPlain ? 'this line and all that was written after it' : 'the history up to the end of this file';
  const commands = isPlain
    ? [
        `truncate -s ${damage.good} '${path}'`,
        ...all.filter((number) => number > segment).map((number) => `rm '${segmentPath(directory, number)}'`),
      ]
    : all.filter((number) => number <= segment).map((number) => `rm '${compressedPath(directory, number)}'`);
  return new UserError(
    `the journal is damaged: ${path} line ${damage.line}: ${damage.message}. Nothing was changed. Restore the file from a copy; or, ` +
      `to give up ${givenUp}, keep a copy of the directory and run: ${commands.join(' && ')}`,
  );
}
