/** Thresholds per sliding window: one bad minute is not averaged away by a good hour. */
import type { SeriesLine, ThresholdResult } from '../../results/record.ts';
import { parseExpression, quantileOf, type Expression } from './expression.ts';

/**
 * The worst window of each threshold on http_req_duration and http_req_failed (also of one endpoint); thresholds on
 * other metrics have no series and are left out. A load shorter than the window is one window.
 */
export function slidingThresholds(
  thresholds: readonly Pick<ThresholdResult, 'metric' | 'expression'>[],
  series: readonly SeriesLine[],
  windowSeconds: number,
): ThresholdResult[] {
  return thresholds.flatMap(({ metric, expression }) => {
    const [, kind, endpoint = ''] = /^(http_req_duration|http_req_failed)(?:\{name:(.*)\})?$/.exec(metric) ?? [];
    const parsed = parseExpression(expression);
    if (kind === undefined || parsed === undefined) return [];
    const lines = series.filter((line) => line.endpoint === endpoint).sort((a, b) => a.t - b.t);
    const worst =
      kind === 'http_req_failed' ? worstRate(lines, windowSeconds, parsed) : worstTime(lines, windowSeconds, parsed);
    if (worst === undefined) return [];
    return [
      {
        metric,
        expression: `${expression} in every ${windowSeconds} s (worst from ${worst.from} s)`,
        ok: parsed.holds(worst.value),
        value: worst.value,
        limit: parsed.limit,
        abortOnFail: false,
      },
    ];
  });
}

interface Worst {
  readonly from: number;
  readonly value: number;
}

/** Calls `visit` for each window with what came in and what left since the one before. */
function slide(
  lines: readonly SeriesLine[],
  windowSeconds: number,
  change: (line: SeriesLine, sign: 1 | -1) => void,
  visit: (from: number) => void,
): void {
  const end = (lines.at(-1)?.t ?? 0) + 1;
  let left = 0;
  for (const [index, line] of lines.entries()) {
    change(line, 1);
    for (let first = lines[left]; first !== undefined && first.t <= line.t - windowSeconds; first = lines[++left]) {
      change(first, -1);
    }
    const isFull = line.t + 1 >= windowSeconds || (end < windowSeconds && index === lines.length - 1);
    if (isFull) visit(Math.max(0, line.t + 1 - windowSeconds));
  }
}

const worse = (a: Worst | undefined, b: Worst, { holds }: Expression): Worst => {
  if (a === undefined) return b;
  // Without knowing the direction: a crossed window beats one that held, then the larger value.
  if (holds(a.value) !== holds(b.value)) return holds(a.value) ? b : a;
  return b.value > a.value ? b : a;
};

function worstRate(lines: readonly SeriesLine[], windowSeconds: number, expression: Expression): Worst | undefined {
  let worst: Worst | undefined;
  let [failed, requests] = [0, 0];
  slide(
    lines,
    windowSeconds,
    (line, sign) => {
      failed += sign * line.failed;
      requests += sign * line.requests;
    },
    (from) => {
      if (requests > 0) worst = worse(worst, { from, value: failed / requests }, expression);
    },
  );
  return worst;
}

function worstTime(lines: readonly SeriesLine[], windowSeconds: number, expression: Expression): Worst | undefined {
  const axis = [...new Set(lines.flatMap(({ hist = [] }) => hist.map(([micros]) => micros)))].sort((a, b) => a - b);
  const position = new Map(axis.map((micros, index) => [micros, index]));
  const counts = new Float64Array(axis.length);
  const q = quantileOf(expression.aggregation);
  let [requests, sum] = [0, 0];
  let worst: Worst | undefined;
  slide(
    lines,
    windowSeconds,
    (line, sign) => {
      for (const [micros, count] of line.hist ?? []) {
        const index = position.get(micros) ?? 0;
        counts[index] = (counts[index] ?? 0) + sign * count;
        requests += sign * count;
        sum += sign * count * micros;
      }
    },
    (from) => {
      if (requests === 0) return;
      const micros = q === undefined ? undefined : atRank(axis, counts, q * requests);
      const extreme = { avg: sum / requests, min: atRank(axis, counts, 1), max: atRank(axis, counts, requests) };
      const value = micros ?? extreme[expression.aggregation as keyof typeof extreme];
      worst = worse(worst, { from, value: value / 1000 }, expression);
    },
  );
  return worst === undefined || Number.isNaN(worst.value) ? undefined : worst;
}

function atRank(axis: readonly number[], counts: Float64Array, rank: number): number {
  let below = 0;
  for (const [index, micros] of axis.entries()) {
    below += counts[index] ?? 0;
    if (below >= rank) return micros;
  }
  return axis.at(-1) ?? 0;
}
