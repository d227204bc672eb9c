/** Numbers as people read them. Plain functions: scripts run them too. */

/** Up to so many digits, without zeros at the end. */
export function shortNumber(value: number, digits = 6): string {
  const text = value.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const TIME_UNITS: Readonly<Record<string, { readonly unit: string; readonly perMs: number }>> = {
  s: { unit: 's', perMs: 0.001 },
  ms: { unit: 'ms', perMs: 1 },
  us: { unit: 'µs', perMs: 1000 },
};

function wholeMinutes(ms: number): string {
  const total = Math.trunc(ms / 1000);
  const seconds = total % 60;
  const minutes = Math.trunc(total / 60) % 60;
  const hours = Math.trunc(total / 3600);
  return hours > 0 ? `${hours}h${minutes}m${seconds}s` : `${minutes}m${seconds}s`;
}

/** @param timeUnit `s`, `ms`, `us`, or empty for the unit that fits */
export function duration(ms: number, timeUnit = ''): string {
  const fixed = TIME_UNITS[timeUnit];
  if (fixed !== undefined) return (ms * fixed.perMs).toFixed(2) + fixed.unit;
  const size = Math.abs(ms);
  if (size === 0) return '0s';
  if (size < 0.001) return `${(ms * 1_000_000).toFixed(0)}ns`;
  if (size < 1) return `${shortNumber(Math.trunc(ms * 100_000) / 100, 2)}µs`;
  if (size < 1000) return `${shortNumber(Math.trunc(ms * 100) / 100, 2)}ms`;
  if (size < 60_000) return `${shortNumber(Math.trunc(ms / 10) / 100, 2)}s`;
  return wholeMinutes(ms);
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  if (Math.abs(value) < 10) return `${shortNumber(value, 2)} B`;
  const exponent = Math.min(Math.floor(Math.log10(Math.abs(value)) / 3), units.length - 1);
  const scaled = Math.floor((value / 1000 ** exponent) * 10 + 0.5) / 10;
  return `${Math.abs(scaled) < 10 && exponent > 0 ? scaled.toFixed(1) : scaled.toFixed(0)} ${units[exponent] ?? ''}`;
}

/** A share between 0 and 1, cut (never rounded up: 99.999 % is not all) after two digits. */
export function percent(share: number): string {
  return `${(Math.floor(share * 10_000 + 1e-6) / 100).toFixed(2)}%`;
}

/** One value in the unit of its metric. */
export function humanValue(value: number, contains: string, timeUnit: string): string {
  if (contains === 'time') return duration(value, timeUnit);
  if (contains === 'data') return bytes(value);
  return shortNumber(value);
}

export interface Palette {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly value: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly title: (text: string) => string;
}

export function palette(colors: boolean): Palette {
  const paint =
    (code: string) =>
    (text: string): string =>
      colors ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { good: paint('32'), bad: paint('31'), value: paint('36'), faint: paint('2'), title: paint('1') };
}
