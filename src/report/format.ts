/** Numbers as people read them; the same in the terminal, Markdown and HTML. */

/** `4.2 ms`, `1.25 s`; an en dash for nothing. */
export function formatMs(ms: number | null): string {
  if (ms === null) return '–';
  // Three digits, also of what is rounded up to the next power of ten.
  if (ms >= 9995) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 999.5) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms >= 99.95 ? ms.toFixed(0) : ms >= 9.995 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

export const formatCount = (n: number): string => n.toLocaleString('en-US');

export const formatRate = (perSecond: number): string =>
  perSecond >= 100 ? formatCount(Math.round(perSecond)) : perSecond.toFixed(1);

/** A share from 0 to 1: `0 %`, `0.03 %`, `12.5 %`. */
export function formatShare(share: number): string {
  if (share === 0) return '0 %';
  const percent = share * 100;
  return `${percent < 0.01 ? '<0.01' : Number(percent.toFixed(percent < 1 ? 2 : 1))} %`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const scaled = bytes / 1000 ** power;
  return `${power === 0 ? scaled.toFixed(0) : scaled.toFixed(1)} ${units[power] ?? 'B'}`;
}

/** Elapsed time as a clock: `0:07`, `12:30`, `1:02:03`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours = 0, minutes = 0, rest = 0] = parts;
  const two = (n: number): string => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The observed value of a threshold in the unit of its expression. */
export function formatThresholdValue(metric: string, expression: string, value: number | null): string {
  if (value === null) return 'no data';
  if (/^\s*rate/.test(expression)) return formatShare(value);
  if (/^\s*count/.test(expression)) return formatCount(value);
  return /duration|waiting|blocked|connecting|sending|receiving|tls/.test(metric)
    ? formatMs(value)
    : String(Number(value.toFixed(3)));
}
