/**
 * Holm's step-down adjustment (Scandinavian Journal of Statistics 6, 1979): comparing an adjusted p-value with alpha
 * holds the chance of any false alarm in the whole family at alpha, whatever the dependence.
 * @returns adjusted p-values in the order given
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let running = 0;
  for (const [rank, { p, index }] of order.entries()) {
    running = Math.max(running, Math.min(1, p * (pValues.length - rank)));
    adjusted[index] = running;
  }
  return adjusted;
}
