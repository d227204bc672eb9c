import type { Metric, MetricType, SampleRows, SampleSink, TagSet, ValueKind } from '../contracts/metrics.ts';
import type { Outcome } from '../contracts/host.ts';
import type { AggregationPlan, SeriesState } from './aggregator.ts';
import { Aggregator } from './aggregator.ts';
import type { Metadata, SampleBatch, WireBatch } from './batch.ts';
import { BatchDecoder, BatchEncoder, SampleBuffer } from './batch.ts';
import { isInternalMetric } from './builtin.ts';
import type { ChecksState } from './checks.ts';
import { CheckTree } from './checks.ts';
import { FailureExamples, type FailureExample } from './failures.ts';
import { MetricRegistry } from './registry.ts';
import { ThreadTagSpace } from './tags.ts';

/** What every thread must know to aggregate alike. Structured-cloneable. */
export interface MetricsPlan extends AggregationPlan {
  /** Tag keys some consumer reads; `undefined` for all. */
  readonly wantedTags: readonly string[] | undefined;
  /** Metrics whose samples the outputs take one by one; `undefined` for all. */
  readonly streamed: readonly string[] | undefined;
  /** Whether examples of failed requests are kept. */
  readonly failures?: boolean | undefined;
}

/** What a thread has seen since its last delta. Structured-cloneable. */
export interface ThreadDelta {
  readonly metrics: readonly Metric[];
  readonly series: readonly SeriesState[];
  readonly checks: ChecksState;
  readonly samples: readonly WireBatch[];
  readonly failures: readonly FailureExample[];
  /** Tag sets this thread holds, and how often one found no room any more. */
  readonly tagSets: number;
  readonly tagSetsBeyond: number;
}

/** The metrics of one engine thread: registry, tags, sinks, checks, and the samples outputs wait for. */
export class ThreadMetrics implements SampleSink {
  readonly registry = new MetricRegistry();
  readonly tagSpace: ThreadTagSpace;
  readonly checks = new CheckTree();
  readonly aggregator: Aggregator;
  readonly failures = new FailureExamples();
  readonly failed: SampleSink['failed'];
  readonly #streamed: ReadonlySet<string> | undefined;
  readonly #buffer: SampleBuffer | undefined;
  readonly #decoders = new Map<number, BatchDecoder>();
  readonly #pending: WireBatch[] = [];
  #sentMetrics = 0;
  /** By metric id: whether its samples are streamed; `undefined` not yet decided. */
  readonly #streams: (boolean | undefined)[] = [];

  /**
   * @param consume takes streamed samples on this thread; without it they are kept for {@link drain}, to be streamed
   *   by the thread that merges
   */
  constructor(plan: MetricsPlan, consume?: (batch: SampleBatch) => void) {
    this.tagSpace = new ThreadTagSpace(plan.wantedTags);
    this.aggregator = new Aggregator(plan);
    if (plan.failures === true) this.failed = (request) => this.failures.add(request);
    this.#streamed = plan.streamed === undefined ? undefined : new Set(plan.streamed);
    if (this.#streamed?.size !== 0) {
      const encoder = new BatchEncoder();
      this.#buffer = new SampleBuffer(consume ?? ((batch) => this.#pending.push(encoder.encode(batch))));
    }
  }

  add(metric: Metric, value: number, tags: TagSet, time: number, metadata?: Metadata): void {
    for (const sink of this.aggregator.sinksOf(metric, tags)) sink.add(value, time);
    if (this.#buffer !== undefined && (this.#streams[metric.id] ?? this.#decide(metric))) {
      this.#buffer.add(metric, value, tags, time, metadata);
    }
  }

  /** Where samples are streamed, each goes the way of all others. */
  rows(metrics: readonly Metric[]): SampleRows | undefined {
    return this.#buffer === undefined ? this.aggregator.rows(metrics) : undefined;
  }

  check(group: string, name: string, passed: boolean): void {
    this.checks.check(group, name, passed);
  }

  group(path: string): void {
    this.checks.group(path);
  }

  metric(name: string, type: MetricType, contains: ValueKind): Outcome<Metric> {
    return this.registry.register(name, type, contains);
  }

  /** Hands waiting samples to the consumer. */
  flush(): void {
    this.#buffer?.flush();
  }

  /** What happened since the last call, for {@link merge} on another thread; the buffers may be transferred. */
  drain(): ThreadDelta {
    this.flush();
    const metrics = this.registry.all().slice(this.#sentMetrics);
    this.#sentMetrics = this.registry.size;
    const checks = this.checks.state();
    this.checks.reset();
    return {
      metrics,
      series: this.aggregator.drain(),
      checks,
      samples: this.#pending.splice(0),
      failures: this.failures.drain(),
      tagSets: this.tagSpace.size,
      tagSetsBeyond: this.tagSpace.beyond,
    };
  }

  /** @param thread number of the thread the delta is from */
  merge(thread: number, delta: ThreadDelta): void {
    for (const { name, type, contains } of delta.metrics) this.registry.register(name, type, contains);
    this.aggregator.merge(delta.series);
    this.checks.merge(delta.checks);
    for (const example of delta.failures) this.failures.add(example, example.count);
    if (this.#buffer === undefined) return;
    let decoder = this.#decoders.get(thread);
    if (decoder === undefined) {
      decoder = new BatchDecoder(this.tagSpace, (name, type, contains) => {
        const found = this.registry.register(name, type, contains);
        return found.ok ? found.value : undefined;
      });
      this.#decoders.set(thread, decoder);
    }
    for (const batch of delta.samples) decoder.decode(batch, this.#buffer);
  }

  #decide(metric: Metric): boolean {
    const streams = this.#streamed?.has(metric.name) ?? !isInternalMetric(metric.name);
    this.#streams[metric.id] = streams;
    return streams;
  }
}

/** The buffers of a delta, to be moved instead of copied. */
export function transferables(delta: ThreadDelta): ArrayBuffer[] {
  const views: ArrayBufferView[] = [];
  for (const { content } of delta.series) {
    if (content.type !== 'trend') continue;
    if (content.state.values !== undefined) views.push(content.state.values);
    if (content.state.bins !== undefined) views.push(content.state.bins.positive, content.state.bins.negative);
  }
  for (const batch of delta.samples) views.push(batch.metricIds, batch.tagSetIds, batch.values, batch.times);
  return views.map((view) => view.buffer as ArrayBuffer);
}
