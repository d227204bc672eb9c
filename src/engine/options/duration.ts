/** Durations as k6 writes them: Go's syntax, days on top, and plain numbers of milliseconds. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d)/y;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** A duration that cannot be read; the message is Go's, as k6 prints it. */
export class DurationError extends Error {}

/** @returns milliseconds; a bare number is milliseconds too */
export function parseDuration(text: string): number {
  if (NUMBER.test(text)) return Number(text);
  const negative = text.startsWith('-');
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '') throw new DurationError(`time: invalid duration ${JSON.stringify(text)}`);
  let total = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < body.length) {
    const at = PART.lastIndex;
    const match = PART.exec(body);
    if (!match?.[1] || !match[2]) throw new DurationError(describe(text, body.slice(at)));
    total += Number(match[1]) * (UNIT_MS[match[2]] ?? 0);
  }
  return negative ? -total : total;
}

function describe(text: string, rest: string): string {
  const quoted = JSON.stringify(text);
  const [number] = /^(\d+\.?\d*|\.\d+)/.exec(rest) ?? [''];
  if (!number) return `time: invalid duration ${quoted}`;
  const [unit] = /^[^\d.]*/.exec(rest.slice(number.length)) ?? [''];
  return unit
    ? `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`
    : `time: missing unit in duration ${quoted}`;
}

/** Go's notation: `1m30s`, `1.5s`, `500ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const nanos = Math.round(Math.abs(ms) * 1e6);
  if (nanos < 1000) return `${sign}${nanos}ns`;
  if (nanos < 1_000_000) return `${sign}${trim(nanos / 1000)}µs`;
  if (nanos < 1_000_000_000) return `${sign}${trim(nanos / 1e6)}ms`;
  const hours = Math.floor(nanos / 3.6e12);
  const minutes = Math.floor((nanos % 3.6e12) / 6e10);
  const seconds = trim((nanos % 6e10) / 1e9);
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

function trim(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, '');
}
