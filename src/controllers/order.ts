export type Comparator<T> = (a: T, b: T) => number;

/** Not by subtraction: two infinities are equal here. */
export const compareNumbers: Comparator<number> = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

export const compareTexts: Comparator<string> = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** One order of several: the later ones decide what the earlier ones leave open. */
export function inOrder<T>(comparators: readonly Comparator<T>[]): Comparator<T> {
  return (a, b) => {
    for (const compare of comparators) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
}
