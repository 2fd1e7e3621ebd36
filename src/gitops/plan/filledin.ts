import { isRecord } from '../../base/index.ts';
import { formatPath, type FieldPath, type Manifest } from '../../model/index.ts';
import { MANAGER } from './changes.ts';
import { fieldsOf } from './ignore.ts';

/**
 * No dry run says what an object will be that cannot be changed to it. What nobody has asked for will be filled in again
 * as it was; what we asked for and do no more goes.
 */
export function withWhatIsFilledIn(manifest: Manifest, live: Manifest): Manifest {
  const ours = new Set(fieldsOf(live, MANAGER).map(formatPath));
  const fill = (asked: unknown, present: unknown, path: FieldPath): unknown => {
    if (asked === undefined) return holdsAny(ours, path) ? undefined : present;
    if (Array.isArray(asked) && Array.isArray(present)) {
      return asked.map((item, i) => {
        const at = placeOfSame(present, item, i);
        return fill(item, present[at], [...path, at]);
      });
    }
    if (!isRecord(asked) || !isRecord(present) || ours.has(formatPath(path))) return asked;
    const names = new Set([...Object.keys(present), ...Object.keys(asked)]);
    return Object.fromEntries(
      [...names].flatMap((name) => {
        const value = fill(asked[name], present[name], [...path, name]);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  };
  return fill(manifest, live, []) as Manifest;
}

function holdsAny(fields: ReadonlySet<string>, path: FieldPath): boolean {
  const text = formatPath(path);
  return [...fields].some((field) => field === text || field.startsWith(`${text}.`) || field.startsWith(`${text}[`));
}

/** Items with names are the same as those of their name. */
function placeOfSame(present: readonly unknown[], item: unknown, i: number): number {
  const name = isRecord(item) ? item['name'] : undefined;
  const at = name === undefined ? -1 : present.findIndex((one) => isRecord(one) && one['name'] === name);
  return at < 0 ? i : at;
}
