import { structuredPatch } from 'diff';
import { parseYaml } from '../../../base/index.ts';
import { formatPath, type FieldPath, type Manifest } from '../../../model/index.ts';
import type { FieldChange } from '../steps.ts';
import { viewText } from './yaml.ts';

export interface Hunk {
  /** The first changed field in it, and where the commit sets it. */
  readonly field: string | undefined;
  readonly line: number | undefined;
  /** Each begins with `+`, `-` or a blank. */
  readonly lines: readonly string[];
}

const CONTEXT = 2;

/** The changed parts of an object as YAML. Both sides are covered. */
export function diffObjects(before: Manifest, after: Manifest, fields: readonly FieldChange[]): readonly Hunk[] {
  const [old, young] = [viewText(before), viewText(after)];
  const { hunks } = structuredPatch('', '', old, young, '', '', { context: CONTEXT });
  const placed = placeFields(fields, old, young);
  return hunks.map((hunk) => {
    const first = placed.find(({ side, at }) => {
      const [start, count] = side === 'old' ? [hunk.oldStart, hunk.oldLines] : [hunk.newStart, hunk.newLines];
      return at >= start && at < start + count;
    });
    return { field: first && formatPath(first.path), line: first?.line, lines: hunk.lines.filter((line) => !line.startsWith('\\')) };
  });
}

interface PlacedField {
  readonly path: FieldPath;
  readonly line: number | undefined;
  readonly side: 'old' | 'young';
  /** The line in the shown text. */
  readonly at: number;
}

/** A removed field can only be found in the old text. */
function placeFields(fields: readonly FieldChange[], old: string, young: string): readonly PlacedField[] {
  const [oldDocument, youngDocument] = [parseYaml(old)[0]!, parseYaml(young)[0]!];
  return fields.map(({ path, line, after }) => {
    const side = after === undefined ? 'old' : 'young';
    return { path, line, side, at: (side === 'old' ? oldDocument : youngDocument).position(path).line };
  });
}
