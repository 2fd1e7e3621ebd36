import { UserError } from '../../base/index.ts';
import type { EndLine, SegmentLine } from './format.ts';
import { Damage, readSegmentLine, SegmentReader, type Batch } from './reader.ts';
import { listSegments, segmentName, segmentPath } from './segments.ts';

/** Where the journal goes on: after its last whole batch. */
export interface Tail {
  readonly segment: number;
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

/** Reads and checks the whole journal. Damage is thrown as a UserError that says where, what, and how to go on. */
export async function scanJournal(directory: string, take: (batch: Batch) => void): Promise<Scan> {
  const segments = await listSegments(directory);
  const torn: { segment: number; bytes: number }[] = [];
  let tail: Tail | undefined;
  for (const [i, segment] of segments.entries()) {
    const later = segments.slice(i + 1);
    const next = later[0] === undefined ? undefined : await readSegmentLine(segmentPath(directory, later[0]));
    // Whoever died at the first line of the last segment left the one before as the last.
    const isLast = later.length === 0 || (later.length === 1 && !next);
    const reader = await SegmentReader.open(segmentPath(directory, segment));
    try {
      while (await reader.read(next?.previous?.bytes)) {
        for (const batch of reader.batches()) {
          const first = batch.lines[0]?.line;
          if (first?.op === 'segment') checkJoint(first, segment, tail);
          tail = tailAfter(segment, batch);
          take(batch);
        }
      }
      const left = reader.tail();
      if (left > 0 && !isLast) throw new Damage(reader.line + 1, reader.good, 'it belongs to no whole batch, and another segment follows');
      if (left > 0) torn.push({ segment, bytes: left });
    } catch (error) {
      throw describeDamage(error, directory, segment, later);
    } finally {
      await reader.close();
    }
  }
  return { tail, torn };
}

function tailAfter(segment: number, batch: Batch): Tail {
  return { segment, bytes: batch.endsAt, end: batch.end, sequence: batch.sequence + batch.lines.length };
}

function checkJoint({ previous, segment }: SegmentLine, expected: number, tail: Tail | undefined): void {
  if (segment !== expected) throw new Damage(1, 0, `it says that it is segment ${segment}`);
  if (previous?.segment !== tail?.segment)
    throw new Damage(1, 0, `${segmentName(previous?.segment ?? segment - 1)}, which comes before it, is missing`);
  if (previous?.hash !== tail?.end.hash || previous?.bytes !== tail?.bytes)
    throw new Damage(1, 0, `it does not go on where ${segmentName(tail!.segment)} ends`);
}

/** Makes damage an error that says where it is and how to go on; leaves other errors as they are. */
export function describeDamage(damage: unknown, directory: string, segment: number, later: readonly number[]): unknown {
  if (!(damage instanceof Damage)) return damage;
  const path = segmentPath(directory, segment);
  const cut = [`truncate -s ${damage.good} '${path}'`, ...later.map((number) => `rm '${segmentPath(directory, number)}'`)];
  return new UserError(
    `the journal is damaged: ${path} line ${damage.line}: ${damage.message}. Nothing was changed. Restore the file from a copy; or, ` +
      `to give up this line and all that was written after it, keep a copy of the directory and run: ${cut.join(' && ')}`,
  );
}
