/** Makes points from 0 to 100 of what a score gave for each of the candidates; undefined: the score has nothing to say of that node. */
export type Scale = (raw: readonly (number | undefined)[]) => readonly number[];

export const mostIsBest: Scale = (raw) => {
  const { highest } = rangeOf(raw);
  return raw.map((points = 0) => (highest > 0 ? Math.trunc((100 * points) / highest) : 0));
};

export const leastIsBest: Scale = (raw) => mostIsBest(raw).map((points) => 100 - points);

/** From the lowest to the highest: also below zero. */
export const betweenLowestAndHighest: Scale = (raw) => {
  const { lowest, highest } = rangeOf(raw);
  return raw.map((points = 0) => (highest > lowest ? Math.trunc((100 * (points - lowest)) / (highest - lowest)) : 0));
};

/** The lowest has 100 points, and the highest as many as the lowest is of it. */
export const inProportionToHighest: Scale = (raw) => {
  const { lowest, highest } = rangeOf(raw);
  return raw.map((points) => {
    if (points === undefined) return 0;
    return highest > 0 ? Math.trunc((100 * (highest + lowest - points)) / highest) : 100;
  });
};

function rangeOf(raw: readonly (number | undefined)[]): { lowest: number; highest: number } {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = 0;
  for (const points of raw) {
    if (points === undefined) continue;
    lowest = Math.min(lowest, points);
    highest = Math.max(highest, points);
  }
  return { lowest, highest };
}
