/** A run as the live page shows it. Does no I/O. */
import type { Measurement } from '../../results/measure.ts';
import type { SeriesLine } from '../../results/record.ts';
import { timeCharts, type Limit } from '../html/charts.ts';
import { SeriesFolder } from '../html/series.ts';
import type { Chart } from '../html/types.ts';
import { Pace } from '../pace.ts';
import { isStrained, limitStates } from '../terminal/live/limits.ts';
import type { LiveState } from './types.ts';

/** A run that begins. */
export interface LiveRun {
  readonly plan: { readonly env: string; readonly profile: string; readonly durationMs: number };
  readonly url: string;
  readonly engine: string;
  readonly scenarios: readonly string[];
  /** Metric → its limits. */
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
  readonly measurement: Measurement;
  /** Takes the run's secrets out of what is shown. */
  readonly redact: <T>(value: T) => T;
}

const mostEndpoints = 30;

export class LiveFeed {
  readonly #run: LiveRun;
  readonly #number: number;
  readonly #pace: Pace;
  readonly #folder: SeriesFolder;
  readonly #limits: readonly Limit[];
  #seconds = 0;
  #over = false;

  /** @param number counts runs from 1 */
  constructor(run: LiveRun, number: number) {
    this.#run = run;
    this.#number = number;
    this.#pace = new Pace(run.measurement);
    this.#folder = new SeriesFolder(run.plan.durationMs / 1000);
    this.#limits = Object.entries(run.thresholds).flatMap(([metric, expressions]) =>
      expressions.map((expression) => ({ metric, expression, limit: limitOf(expression) })),
    );
  }

  add(lines: readonly SeriesLine[]): void {
    for (const line of lines) {
      this.#folder.add(line);
      this.#seconds = Math.max(this.#seconds, line.t + 1);
    }
  }

  /** The load has ended. */
  end(): void {
    this.#over = true;
  }

  state(): LiveState {
    const { plan, url, engine, scenarios, thresholds, measurement, redact } = this.#run;
    const { total, counted, users, health, endpoints } = measurement;
    const { elapsedMs, rate } = this.#pace.read();
    const begun = elapsedMs !== undefined;
    const named = [...endpoints].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, mostEndpoints);
    return redact<LiveState>({
      phase: this.#over ? 'judging' : begun ? 'running' : 'starting',
      run: this.#number,
      env: plan.env,
      profile: plan.profile,
      target: url,
      engine,
      scenarios,
      elapsedMs: this.#over ? (measurement.elapsedMs ?? 0) : (elapsedMs ?? 0),
      durationMs: plan.durationMs,
      users: users.now,
      requests: total.requests,
      iterations: counted.iterations,
      dropped: counted.dropped,
      rate: this.#over ? 0 : rate,
      p50: total.quantile(0.5),
      p95: total.quantile(0.95),
      p99: total.quantile(0.99),
      errors: shareOf(total),
      limits: limitStates(thresholds, measurement),
      generator: health === undefined ? null : { ...health, strained: isStrained(health) },
      endpoints: named.map(([name, tally]) => ({
        name,
        requests: tally.requests,
        p95: tally.quantile(0.95),
        errors: shareOf(tally),
      })),
    });
  }

  /** The report's charts of what is over; a point whose seconds are not all there would show a fall that is none. */
  charts(): Chart[] {
    const series = this.#folder.finish();
    const whole = Math.floor(this.#seconds / series.step);
    return timeCharts(series, this.#limits).map((chart) => pointsOf(chart, 0, whole));
  }
}

/** Points `from` to `to` of a chart. */
export const pointsOf = (chart: Chart, from: number, to?: number): Chart => ({
  ...chart,
  x: chart.x.slice(from, to),
  views: chart.views.map((view) => ({
    ...view,
    lines: view.lines.map((line) => ({ ...line, values: line.values.slice(from, to) })),
  })),
});

const shareOf = ({ requests, failed }: { requests: number; failed: number }): number =>
  requests === 0 ? 0 : failed / requests;

function limitOf(expression: string): number | null {
  const limit = /[<>]=?\s*(-?[\d.]+)\s*$/.exec(expression)?.[1];
  return limit === undefined ? null : Number(limit);
}
