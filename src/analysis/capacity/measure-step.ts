/** A step's figures out of its series: the steady part only, with what the target said of itself meanwhile. */
import type { SeriesLine } from '../../results/record.ts';
import { latencyOf } from '../compare/latency.ts';
import { serverPoints } from '../series/server.ts';
import type { MeasuredStep } from './report.ts';
import { hasSettled } from './steady.ts';

/** Seconds at the start that never count: connections open, caches fill. */
const warmUpSeconds = 2;

export interface StepMeasure {
  readonly step: MeasuredStep;
  /** Neither latency nor the number of requests in flight went on rising. */
  readonly settled: boolean;
}

/**
 * @param planned seconds of load that were planned; what comes after is the tail of the last answers
 * @param generatorLimit why the generator limited the step
 */
export function measureStep(
  rate: number,
  series: readonly SeriesLine[],
  planned: number,
  generatorLimit: string | undefined,
): StepMeasure {
  const total = series.filter((line) => line.endpoint === '' && line.t < planned).sort((a, b) => a.t - b.t);
  // The latest start that leaves half of the step.
  const latest = Math.max(warmUpSeconds, Math.floor(planned / 2));
  let from = warmUpSeconds;
  const rest = (): SeriesLine[] => total.filter(({ t }) => t >= from);
  while (from < latest && !hasSettled(rest(), rest().length)) from++;
  const steady = rest();
  const requests = steady.reduce((sum, line) => sum + line.requests, 0);
  const failed = steady.reduce((sum, line) => sum + line.failed, 0);
  const latency = latencyOf(
    steady.map(({ t, requests: n, failed: f, hist = [] }) => ({ t, seconds: 1, requests: n, failed: f, hist })),
  );
  return {
    settled: hasSettled(steady, steady.length),
    step: {
      rate,
      achieved: steady.length === 0 ? 0 : requests / steady.length,
      p50: latency?.p50 ?? 0,
      p95: latency?.p95 ?? 0,
      p99: latency?.p99 ?? 0,
      errorRate: requests === 0 ? 1 : failed / requests,
      dropped: steady.reduce((sum, line) => sum + (line.dropped ?? 0), 0),
      generatorLimit,
      server: serverFigures(steady),
    },
  };
}

/** Greatest event-loop lag, memory and queue; mean CPU use and requests in flight. */
const figures: Readonly<
  Record<string, { metric: string; of: (points: readonly (readonly [number, number])[]) => number }>
> = {
  eventLoopLagP99Ms: { metric: 'nodejs_eventloop_lag_p99_seconds', of: (points) => 1000 * greatest(points) },
  memoryMb: { metric: 'process_resident_memory_bytes', of: (points) => greatest(points) / 1e6 },
  cpu: { metric: 'process_cpu_seconds_total', of: increaseRate },
  inFlight: { metric: 'gravl_requests_in_flight', of: mean },
  queued: { metric: 'gravl_requests_queued', of: greatest },
};

function serverFigures(series: readonly SeriesLine[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, { metric, of }]) => {
      const points = serverPoints(series, metric);
      return points.length === 0 ? [] : [[name, of(points)]];
    }),
  );
}

function greatest(points: readonly (readonly [number, number])[]): number {
  return Math.max(...points.map(([, value]) => value));
}

function mean(points: readonly (readonly [number, number])[]): number {
  return points.reduce((sum, [, value]) => sum + value, 0) / points.length;
}

function increaseRate(points: readonly (readonly [number, number])[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first[0] === last[0]) return 0;
  return (last[1] - first[1]) / (last[0] - first[0]);
}
