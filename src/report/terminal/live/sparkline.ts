const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** The last `width` values as bars from nought to the highest of them; a gap where there is none. */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const shown = values.slice(-width);
  const most = Math.max(0, ...shown.map((value) => value ?? 0));
  const bar = (value: number | null): string => {
    if (value === null) return ' ';
    return bars[most === 0 ? 0 : Math.min(bars.length - 1, Math.floor((value / most) * bars.length))] ?? ' ';
  };
  return shown.map(bar).join('').padEnd(width);
}
