/** Profiles judged by what they are for: drift in a soak, recovery after a spike, where a ramp broke the target. */
import type { Finding, SeriesLine, ThresholdResult } from '../../results/record.ts';
import { p95Of } from '../../results/digest.ts';
import { median } from '../stats/change-points.ts';
import { growth, serverPoints, type Growth, type Point } from './server.ts';

export interface PurposeInput {
  readonly profile: string;
  readonly series: readonly SeriesLine[];
  readonly thresholds: readonly ThresholdResult[];
  /** Planned iterations a second (or users) by second; undefined for loads without stages. */
  readonly planned: ((t: number) => number) | undefined;
  /** Seconds from the start at which the greatest load begins to go down for good; undefined for other loads. */
  readonly peakEnds: number | undefined;
  /** Milliseconds after the load until the target answered quickly; null: never, undefined: it was not watched. */
  readonly calmAfterMs?: number | null | undefined;
}

/** Beyond these a soak has drifted, in parts of the value at its start. */
const driftLimit = 0.1;
const memoryLimit = 0.2;
/** Recovered: p95 back within this factor (and a millisecond) of what it was before, errors back below one in a hundred. */
const recoveredFactor = 1.5;
const windowSeconds = 5;

const judges: Readonly<Record<string, (input: PurposeInput) => Finding[]>> = {
  soak: judgeSoak,
  spike: (input) => judgeRecovery(input),
  stress: (input) => [...judgeBreak(input), ...judgeRecovery(input)],
  breakpoint: (input) => [...judgeBreak(input), ...judgeAfter(input)],
};

/** Empty for profiles without a purpose of that kind. */
export const judgePurpose = (input: PurposeInput): Finding[] => judges[input.profile]?.(input) ?? [];

function judgeSoak({ series }: PurposeInput): Finding[] {
  const latency = windowsOf(series).map(({ t, p95 }) => [t, p95] as const);
  const memory = serverPoints(series, 'process_resident_memory_bytes');
  return [drift('p95', latency, driftLimit), drift('server memory', memory, memoryLimit)];
}

function drift(subject: string, points: readonly Point[], limit: number): Finding {
  const found = growth(points);
  if (found === undefined) {
    const why = points.length === 0 ? 'it was not measured' : 'the run was too short';
    return told('drift', subject, `of ${subject} nothing can be told: ${why}`);
  }
  const statement = `${subject} ${percent(found.value)} over the run, 95 % interval ${percent(found.low)} … ${percent(found.high)}`;
  // Beyond the limit for certain, within it for certain, or neither.
  const ok = found.low > limit ? false : found.high <= limit ? true : null;
  const open = ok === null ? `: not settled, a drift is more than ${percent(limit)}` : '';
  return { kind: 'drift', subject, statement: `${statement}${open}`, ...numbers(found), ok };
}

/** What is said and not judged. */
const told = (kind: Finding['kind'], subject: string, statement: string): Finding => ({
  kind,
  subject,
  statement,
  value: null,
  low: null,
  high: null,
  ok: null,
});

function judgeRecovery({ series, peakEnds, planned }: PurposeInput): Finding[] {
  if (peakEnds === undefined || planned === undefined) return [];
  const windows = windowsOf(series);
  const start = planned(0);
  const before = windows.filter(({ t }) => t < peakEnds);
  const level = before.filter(({ t }) => t + windowSeconds <= rampBegins(planned, start, peakEnds));
  // A load that rises from its first second on has no level before: what it is like far below its peak stands for it.
  const low = before.filter(({ t }) => planned(t + windowSeconds) <= planned(peakEnds) / 4);
  const calm = level.length > 0 ? level : low;
  const after = windows.filter(({ t }) => t >= peakEnds);
  if (calm.length === 0 || after.length === 0) {
    const missing = calm.length === 0 ? 'before the load rose' : 'after the peak';
    return [told('recovery', 'p95', `whether it recovered cannot be told: no ${windowSeconds} s ${missing}`)];
  }
  const reference = median(calm.map(({ p95 }) => p95));
  const limit = Math.max(recoveredFactor * reference, reference + 1);
  const isCalm = ({ p95, errorRate }: LoadWindow): boolean => p95 <= limit && errorRate < 0.01;
  // Recovered from the first window on that is calm and after which no bad one follows.
  const lastBad = after.findLastIndex((window) => !isCalm(window));
  const recovered = after[lastBad + 1];
  if (recovered === undefined) {
    const statement = `did not recover: p95 still above ${limit.toFixed(1)} ms at the end (before: ${reference.toFixed(1)} ms)`;
    return [{ kind: 'recovery', subject: 'p95', statement, value: null, low: null, high: null, ok: false }];
  }
  const seconds = Math.max(0, recovered.t - peakEnds);
  const statement = `recovered ${seconds === 0 ? 'at once' : `within ${(seconds + windowSeconds).toFixed(0)} s`} after the peak (p95 before: ${reference.toFixed(1)} ms)`;
  return [{ kind: 'recovery', subject: 'p95', statement, value: seconds, low: null, high: null, ok: true }];
}

function judgeBreak({ series, thresholds, planned }: PurposeInput): Finding[] {
  const limitOf = (metric: string, expression: RegExp): number =>
    thresholds.find((t) => t.metric === metric && expression.test(t.expression))?.limit ?? Infinity;
  const p95Limit = limitOf('http_req_duration', /^\s*p\(95\)\s*</);
  const errorLimit = limitOf('http_req_failed', /^\s*rate\s*</);
  const windows = windowsOf(series);
  const isBroken = ({ p95, errorRate }: LoadWindow): boolean => p95 >= p95Limit || errorRate >= errorLimit;
  const first = windows.findIndex(
    (window, index) => isBroken(window) && windows.slice(index, index + 2).every(isBroken),
  );
  const broken = windows[first];
  if (broken === undefined) {
    const best = Math.max(0, ...windows.map(({ rate }) => rate));
    const statement = `held to the end: ${best.toFixed(0)} req/s at most`;
    return [{ kind: 'break', subject: 'limits', statement, value: null, low: null, high: null, ok: true }];
  }
  const why =
    broken.p95 >= p95Limit ? `p95 ${broken.p95.toFixed(0)} ms` : `${(100 * broken.errorRate).toFixed(1)} % errors`;
  const asked = planned === undefined ? '' : `, ${planned(broken.t + windowSeconds / 2).toFixed(0)}/s asked for`;
  const when = `between ${broken.t} and ${broken.t + windowSeconds} s into the load`;
  const statement = `broke ${when} at ${broken.rate.toFixed(0)} req/s${asked}: ${why}`;
  // The thresholds of the whole run decide whether that is a failure.
  return [{ kind: 'break', subject: 'limits', statement, value: broken.rate, low: null, high: null, ok: null }];
}

/** Of a load that only rises: what came after it. */
function judgeAfter(input: PurposeInput): Finding[] {
  const { calmAfterMs } = input;
  const broke = judgeBreak(input).some(({ ok }) => ok === null);
  if (!broke || calmAfterMs === undefined) return [];
  const subject = 'the target';
  if (calmAfterMs === null) {
    const statement = 'answered slowly or not at all while it was watched after the load';
    return [{ ...told('recovery', subject, statement), ok: false }];
  }
  const when = calmAfterMs < 100 ? 'at once' : `${(calmAfterMs / 1000).toFixed(1)} s`;
  const statement = `answered quickly again ${when} after the load`;
  return [{ ...told('recovery', subject, statement), value: calmAfterMs / 1000, ok: true }];
}

interface LoadWindow {
  readonly t: number;
  readonly rate: number;
  readonly p95: number;
  readonly errorRate: number;
}

/** The total in steps of five seconds, those without requests left out. */
function windowsOf(series: readonly SeriesLine[]): LoadWindow[] {
  const groups = new Map<number, SeriesLine[]>();
  for (const line of series) {
    if (line.endpoint !== '') continue;
    const t = Math.floor(line.t / windowSeconds) * windowSeconds;
    groups.set(t, [...(groups.get(t) ?? []), line]);
  }
  return [...groups].flatMap(([t, lines]) => {
    const requests = lines.reduce((sum, line) => sum + line.requests, 0);
    const failed = lines.reduce((sum, line) => sum + line.failed, 0);
    const p95 = p95Of(lines.map(({ hist = [] }) => hist));
    return p95 === null ? [] : [{ t, rate: requests / windowSeconds, p95, errorRate: failed / requests }];
  });
}

/** The first second at which more is asked for than at the start. */
function rampBegins(planned: (t: number) => number, start: number, until: number): number {
  for (let t = 0; t < until; t++) if (planned(t) > start * 1.05) return t;
  return until;
}

const numbers = ({ value, low, high }: Growth): Growth => ({ value, low, high });
const percent = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} %`;
