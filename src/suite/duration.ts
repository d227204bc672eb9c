const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const part = /(\d+(?:\.\d+)?)(d|h|ms|m|s)/y;

/** Milliseconds of a duration as k6 writes it (`30s`, `1h30m`, `1.5m`, `500ms`); undefined when it is malformed. */
export function parseDuration(text: string): number | undefined {
  part.lastIndex = 0;
  let total = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match?.[1] === undefined || match[2] === undefined) return undefined;
    total += Number(match[1]) * (unitMs[match[2]] ?? 0);
  }
  return text === '' ? undefined : total;
}

/** The shortest k6 duration of that many milliseconds: `90000` → `1m30s`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  let text = '';
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    const n = Math.floor(rest / size);
    if (n > 0) text += `${n}${unit}`;
    rest -= n * size;
  }
  return text === '' ? '0s' : text;
}
