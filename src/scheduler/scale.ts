/** Makes points from 0 to 100 of what a score gave for a node, seen beside the others; undefined: it has nothing to say of that node. */
export type Scale = (raw: number | undefined, range: Range) => number;

export interface Range {
  readonly lowest: number;
  readonly highest: number;
}

export const mostIsBest: Scale = (raw = 0, { highest }) => (highest > 0 ? Math.trunc((100 * raw) / highest) : 0);

export const leastIsBest: Scale = (raw, range) => 100 - mostIsBest(raw, range);

/** From the lowest to the highest: also below zero. */
export const betweenLowestAndHighest: Scale = (raw = 0, { lowest, highest }) =>
  highest > lowest ? Math.trunc(100 * ((raw - lowest) / (highest - lowest))) : 0;

/** The lowest has 100 points, and the highest as many as the lowest is of it. */
export const inProportionToHighest: Scale = (raw, { lowest, highest }) => {
  if (raw === undefined) return 0;
  return highest > 0 ? Math.trunc((100 * (highest + lowest - raw)) / highest) : 100;
};

export function rangeOf(raw: readonly (number | undefined)[]): Range {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < raw.length; i++) {
    const points = raw[i];
    if (points === undefined) continue;
    if (points < lowest) lowest = points;
    if (points > highest) highest = points;
  }
  return { lowest, highest };
}
