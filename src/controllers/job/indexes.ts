import { intervalsOf } from '../../model/index.ts';

/** Indexes as a job's status lists them: `1,3-5,7`. */
export function parseIndexes(text: string | undefined, below: number): ReadonlySet<number> {
  const indexes = new Set<number>();
  for (const [first, last] of intervalsOf(text ?? '')) {
    for (let index = first; index <= Math.min(last, below - 1); index++) indexes.add(index);
  }
  return indexes;
}

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const runs: { first: number; last: number }[] = [];
  for (const index of [...indexes].toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.last === index - 1) run.last = index;
    else runs.push({ first: index, last: index });
  }
  return runs.map(({ first, last }) => (first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`)).join(',');
}
