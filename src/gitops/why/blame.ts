import { diffArrays } from 'diff';
import type { Commit } from '../source/snapshot.ts';
import type { FileVersion } from '../source/source.ts';

/** The commit that gave a line its present content; undefined for a file without a past. Lines are counted from 1. */
export async function blameLine(versions: AsyncIterable<FileVersion>, line: number): Promise<Commit | undefined> {
  let present: FileVersion | undefined;
  let at = line;
  for await (const older of versions) {
    if (present) {
      const before = lineBefore(older.text, present.text, at);
      if (before === undefined) break;
      at = before;
    }
    present = older;
  }
  return present?.commit;
}

/** Where a line was in the older text; undefined where that had no such line. */
export function lineBefore(older: string, younger: string, line: number): number | undefined {
  let [was, is] = [0, 0];
  for (const { added, removed, count = 0 } of diffArrays(older.split('\n'), younger.split('\n'))) {
    if (removed) was += count;
    else {
      is += count;
      if (!added) was += count;
      if (line <= is) return added ? undefined : was - (is - line);
    }
  }
  return undefined;
}
