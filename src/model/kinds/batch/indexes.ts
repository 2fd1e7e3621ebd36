/** Indexes are said as `1,3-5,7`, each below the number of completions and above the one before. */
export function whyUnreadable(indexes: string, completions: number): string | undefined {
  if (indexes === '') return undefined;
  const parts = indexes.split(',');
  const torn = parts.find((part) => part.split('-').length > 2);
  if (torn !== undefined) {
    return `the fragment ${JSON.stringify(torn)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  }
  const limits = parts.flatMap((part) => part.split('-'));
  const strange = limits.find((limit) => !/^\d+$/.test(limit));
  if (strange !== undefined) return `cannot convert string to integer for index: ${JSON.stringify(strange)}`;
  const large = limits.find((limit) => Number(limit) >= completions);
  if (large !== undefined) return `too large index: ${JSON.stringify(large)}`;
  const at = limits.findIndex((limit, i) => i > 0 && Number(limit) <= Number(limits[i - 1]));
  return at < 0 ? undefined : `non-increasing order, previous: ${Number(limits[at - 1])}, current: ${Number(limits[at])}`;
}

export function countOf(indexes: string): number {
  return intervalsOf(indexes).reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** The first index that is in both. */
export function commonIndex(one: string, other: string): number | undefined {
  const [ours, theirs] = [intervalsOf(one), intervalsOf(other)];
  for (let i = 0, j = 0; i < ours.length && j < theirs.length;) {
    const [first, last] = ours[i]!;
    const [from, to] = theirs[j]!;
    if (first <= to && from <= last) return Math.max(first, from);
    if (first <= from) i++;
    else j++;
  }
  return undefined;
}

/** From where to where each part of a list of indexes goes. */
export function intervalsOf(indexes: string): (readonly [first: number, last: number])[] {
  const parts = indexes.split(',').filter((part) => part !== '');
  return parts.map((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return [first, last];
  });
}
