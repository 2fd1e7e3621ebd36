/** Of names that are no names here, so many are listed. */
const MOST_LISTED = 10;

/** ` did you mean web?`, or which ones there are: what follows the news that there is none of a name. */
export function suggest(wanted: string, names: Iterable<string>): string {
  const known = [...new Set(names)];
  const close = closest(wanted, known);
  if (close !== undefined) return `: did you mean ${close}?`;
  if (known.length === 0) return '';
  const rest = known.length - MOST_LISTED;
  return `, only ${known.slice(0, MOST_LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** The name that was most likely meant: few strokes away, for its length. */
export function closest(wanted: string, names: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly strokes: number } | undefined;
  for (const name of names) {
    const strokes = distance(wanted.toLowerCase(), name.toLowerCase());
    if (strokes <= Math.max(1, Math.floor(wanted.length / 3)) && (!best || strokes < best.strokes)) best = { name, strokes };
  }
  return best?.name;
}

/** How many letters have to be put in, left out, changed or swapped with the next one. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > a.length / 3 + 1) return Infinity;
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, change, swap));
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
