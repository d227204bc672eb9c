import type { Metric, TagSet } from '../contracts/metrics.ts';
import type { ThresholdConfig } from '../options/types.ts';
import type { Series } from './aggregator.ts';
import type { SampleBatch } from './batch.ts';
import type { BuiltinMetricName } from './builtin.ts';
import type { SeriesSelector } from './submetric.ts';
import { parseSelector } from './submetric.ts';
import type { MetricsPlan, ThreadDelta } from './thread.ts';
import { ThreadMetrics } from './thread.ts';
import type { Evaluation, ThresholdState } from './thresholds/thresholds.ts';
import { Thresholds } from './thresholds/thresholds.ts';

/** How often thresholds are judged while the test runs, in milliseconds. */
export const THRESHOLD_INTERVAL_MS = 2000;
/** How often samples go to the outputs, in milliseconds. */
const FLUSH_INTERVAL_MS = 200;
/** More time series than this, and the user is told. */
const SERIES_WARNING = 100_000;

/** What the outputs need of the samples; see `OutputManager`. */
export interface SampleConsumer {
  /** Metrics to stream; `undefined` for all, empty for none. */
  readonly metrics: readonly string[] | undefined;
  /** Tag keys that must be kept; `undefined` for all. */
  readonly tags: readonly string[] | undefined;
  /** Whether it wants examples of failed requests. */
  readonly wantsFailures?: boolean;
  addSamples(batch: SampleBatch): void;
}

export interface MetricsEngineOptions {
  readonly thresholds: Readonly<Record<string, readonly ThresholdConfig[]>>;
  readonly noThresholds: boolean;
  readonly systemTags: readonly string[];
  /** `--summary-mode full` shows scenarios and groups on their own. */
  readonly sections: boolean;
  readonly consumer: SampleConsumer;
  readonly log: (level: 'warning' | 'error', message: string) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * The metrics of a run: those of the main thread, which other threads' deltas are merged into, and the thresholds.
 *
 * Order of use: construct; give {@link plan} to the threads; after the init context {@link bindThresholds}; when the
 * load begins {@link start}; {@link merge} once a second per thread; at the end {@link finish}.
 */
export class MetricsEngine {
  readonly plan: MetricsPlan;
  readonly local: ThreadMetrics;
  readonly #thresholds: Thresholds;
  readonly #options: MetricsEngineOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #tagSets = new Map<number, number>();
  #startedAt: number | undefined;
  #warnAt = SERIES_WARNING;

  /** @throws EngineError (104) for a threshold that cannot be parsed */
  constructor(options: MetricsEngineOptions) {
    this.#options = options;
    const overlooked = (message: string): void => options.log('warning', message);
    this.#thresholds = new Thresholds(options.thresholds, options.noThresholds ? overlooked : undefined);
    this.plan = planOf(options, this.#thresholds.selectors());
    this.local = new ThreadMetrics(this.plan, (batch) => options.consumer.addSamples(batch));
  }

  /** @throws EngineError (104) for a threshold on an unknown metric, or with an aggregation its type does not have */
  bindThresholds(): void {
    this.#thresholds.bind(this.local.registry, this.local.aggregator);
  }

  /** @param onAbort called at most once, when a crossed threshold asks for the end of the test */
  start(onAbort: (message: string) => void): void {
    this.#startedAt = this.#options.now();
    this.#timers.push(setInterval(() => this.flush(), FLUSH_INTERVAL_MS));
    if (this.#thresholds.empty) return;
    const timer = setInterval(() => {
      const { crossed, abort } = this.evaluate(false);
      if (!abort) return;
      clearInterval(timer);
      onAbort(
        `thresholds on metrics '${crossed.join(', ')}' were crossed; at least one has abortOnFail enabled, stopping test prematurely`,
      );
    }, THRESHOLD_INTERVAL_MS);
    this.#timers.push(timer);
  }

  /** A sample of the engine itself (`vus`, `dropped_iterations` …). */
  emit(name: BuiltinMetricName, value: number, time: number, tags: TagSet = this.local.tagSpace.root): void {
    this.local.add(this.local.registry.builtin(name), value, tags, time);
  }

  /** @param thread number of the thread the delta is from */
  merge(thread: number, delta: ThreadDelta): void {
    this.local.merge(thread, delta);
    this.#tagSets.set(thread, delta.tagSets);
  }

  flush(): void {
    this.local.flush();
    let sets = this.local.tagSpace.size;
    for (const size of this.#tagSets.values()) sets = Math.max(sets, size);
    if (sets < this.#warnAt) return;
    this.#warnAt *= 2;
    this.#options.log(
      'warning',
      `The test has generated metrics with ${sets} unique time series, which is higher than the suggested limit of ${SERIES_WARNING} and could cause high memory usage. Consider not using high-cardinality values like unique IDs as metric tags or, if you need them in the URL, use the name metric tag or URL grouping.`,
    );
  }

  evaluate(final: boolean): Evaluation {
    return this.#thresholds.evaluate(this.local.aggregator, this.elapsed(), final);
  }

  /** Milliseconds since {@link start}. */
  elapsed(): number {
    return this.#startedAt === undefined ? 0 : this.#options.now() - this.#startedAt;
  }

  /** Stops the timers, hands the last samples over and judges the thresholds for good. */
  finish(): Evaluation {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.flush();
    return this.evaluate(true);
  }

  /** Every series that had a sample or has a threshold. */
  series(): readonly Series[] {
    return this.local.aggregator.series();
  }

  thresholds(): readonly ThresholdState[] {
    return this.#thresholds.states();
  }

  metric(name: BuiltinMetricName): Metric {
    return this.local.registry.builtin(name);
  }
}

/** The log line at the end of a run with crossed thresholds. */
export function crossedMessage(crossed: readonly string[]): string {
  return `thresholds on metrics '${crossed.join(', ')}' have been crossed`;
}

function planOf(options: MetricsEngineOptions, fromThresholds: readonly SeriesSelector[]): MetricsPlan {
  const selectors = [...fromThresholds];
  const expected = parseSelector('http_req_duration{expected_response:true}');
  if (options.systemTags.includes('expected_response') && expected.ok) {
    if (!selectors.some(({ name }) => name === expected.selector.name)) selectors.push(expected.selector);
  }
  const { metrics, tags } = options.consumer;
  const sectionTags = options.sections ? ['scenario', 'group', 'check'] : [];
  const wantedTags =
    tags === undefined
      ? undefined
      : [...new Set([...selectors.flatMap((selector) => selector.tags.map(([key]) => key)), ...sectionTags, ...tags])];
  return {
    selectors,
    sections: options.sections,
    wantedTags,
    streamed: metrics,
    failures: options.consumer.wantsFailures,
  };
}
