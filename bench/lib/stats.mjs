export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Middle and spread of a series, for printing. */
export const spread = (values) => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) });

/** Middle of a's values over the middle of b's, taken in turn so that a drifting machine cancels out. */
export const pairedRatio = (a, b) => spread(a.map((value, i) => value / b[i]));
