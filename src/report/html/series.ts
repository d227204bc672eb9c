/** Folds a run's seconds into a bounded number of points, in memory that does not depend on the run's length. */
import { quantile } from '../../results/measure.ts';
import type { SeriesLine } from '../../results/record.ts';
import { ServerMetricChoice } from './server-metrics.ts';
import type { EndpointPoints, SeriesPoints } from './types.ts';

const mostPoints = 600;
/** Further endpoints are in the totals and the table, not in the charts. */
const mostEndpoints = 30;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer V)[] ? V[] : T[K] };

interface Open {
  point: number;
  requests: number;
  failed: number;
  readonly counts: Map<number, number>;
  quantiles: readonly [number | null, number | null, number | null];
}

export class SeriesFolder {
  readonly #step: number;
  readonly #duration: number;
  readonly #endpoints = new Map<string, { points: Mutable<EndpointPoints>; open: Open }>();
  readonly #vus: (number | null)[] = [];
  readonly #dropped: (number | null)[] = [];
  readonly #server = new Map<string, (number | null)[]>();
  readonly #choice: ServerMetricChoice;
  #length = 0;

  /**
   * @param durationSeconds length of the run: it decides how many seconds become a point
   * @param serverMetrics those that limits are set on: they are kept whatever they are
   */
  constructor(durationSeconds: number, serverMetrics: readonly string[] = []) {
    this.#choice = new ServerMetricChoice(serverMetrics);
    this.#duration = durationSeconds;
    this.#step = Math.max(1, Math.ceil(durationSeconds / mostPoints));
  }

  /** Takes the lines in the order of time. */
  add(line: SeriesLine): void {
    const point = Math.floor(line.t / this.#step);
    // A clock that jumped must not make the report grow.
    if (point >= 4 * mostPoints) return;
    this.#length = Math.max(this.#length, point + 1);
    this.#count(line, point);
    if (line.endpoint !== '') return;
    if (line.vus !== undefined) this.#vus[point] = Math.max(this.#vus[point] ?? 0, line.vus);
    if (line.dropped !== undefined) this.#dropped[point] = (this.#dropped[point] ?? 0) + line.dropped / this.#step;
    for (const [name, value] of Object.entries(line.server ?? {})) {
      if (!this.#choice.takes(name)) continue;
      const values = this.#server.get(name) ?? [];
      values[point] = value;
      this.#server.set(name, values);
    }
  }

  finish(): SeriesPoints {
    for (const { points, open } of this.#endpoints.values()) this.#flush(points, open);
    const even = (values: (number | null)[]): (number | null)[] =>
      Array.from({ length: this.#length }, (_, index) => values[index] ?? null);
    // In the rest of a second the last answers come in: it would look like a fall of the rate.
    const whole = this.#duration >= this.#length * this.#step;
    const endpoints = [...this.#endpoints.values()].map(({ points }) => ({
      name: points.name,
      rate: even(points.rate).map((rate, index) => (index + 1 < this.#length || whole ? (rate ?? 0) : null)),
      errors: even(points.errors),
      p50: even(points.p50),
      p95: even(points.p95),
      p99: even(points.p99),
    }));
    return {
      step: this.#step,
      t: Array.from({ length: this.#length }, (_, index) => index * this.#step),
      endpoints: endpoints.sort((a, b) => Number(b.name === '') - Number(a.name === '')),
      vus: even(this.#vus),
      dropped: even(this.#dropped),
      server: Object.fromEntries([...this.#server].map(([name, values]) => [name, even(values)])),
    };
  }

  #count(line: SeriesLine, point: number): void {
    let endpoint = this.#endpoints.get(line.endpoint);
    if (endpoint === undefined) {
      if (this.#endpoints.size > mostEndpoints && line.endpoint !== '') return;
      const points = { name: line.endpoint, rate: [], errors: [], p50: [], p95: [], p99: [] };
      endpoint = { points, open: newOpen(point) };
      this.#endpoints.set(line.endpoint, endpoint);
    }
    if (endpoint.open.point !== point) {
      this.#flush(endpoint.points, endpoint.open);
      endpoint.open = newOpen(point);
    }
    const { open } = endpoint;
    open.requests += line.requests;
    open.failed += line.failed;
    if (line.requests > 0) open.quantiles = [line.p50, line.p95, line.p99];
    if (this.#step === 1) return;
    for (const [micros, count] of line.hist ?? []) open.counts.set(micros, (open.counts.get(micros) ?? 0) + count);
  }

  #flush(points: Mutable<EndpointPoints>, open: Open): void {
    const { point, requests, failed } = open;
    const hist = [...open.counts].sort(([a], [b]) => a - b);
    const total = hist.reduce((sum, [, count]) => sum + count, 0);
    const at = (q: number, index: 0 | 1 | 2): number | null =>
      round(total === 0 ? open.quantiles[index] : quantile(hist, total, q));
    points.rate[point] = round(requests / this.#step);
    points.errors[point] = requests === 0 ? null : round(failed / requests);
    points.p50[point] = at(0.5, 0);
    points.p95[point] = at(0.95, 1);
    points.p99[point] = at(0.99, 2);
  }
}

const newOpen = (point: number): Open => ({
  point,
  requests: 0,
  failed: 0,
  counts: new Map(),
  quantiles: [null, null, null],
});

/** Four digits are more than a chart shows. */
const round = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(4)));
