/** Numbers in the charts. */
import { formatBytes, formatClock, formatMs, formatRate, formatShare } from '../../format.ts';
import type { Chart } from '../types.ts';

/** Seconds as a clock. */
export const clock = (seconds: number): string => formatClock(seconds * 1000);

export function valueText(unit: Chart['unit'], value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (unit === 'ms') return formatMs(value);
  if (unit === 'share') return formatShare(value);
  if (unit === 'bytes') return formatBytes(value);
  return unit === 'per-second' ? `${formatRate(value)}/s` : String(Number(value.toPrecision(4)));
}

/** Like the value, without digits that say nothing; a logarithmic axis gives null for ticks without a label. */
export function axisText(unit: Chart['unit'], value: number | null): string {
  if (value === null) return '';
  if (unit === 'ms')
    return value >= 1000 ? `${Number((value / 1000).toFixed(2))} s` : `${Number(value.toPrecision(3))} ms`;
  if (unit === 'share') return `${Number((value * 100).toPrecision(3))} %`;
  if (unit === 'bytes') return formatBytes(value).replace('.0 ', ' ');
  return value >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(4)));
}
