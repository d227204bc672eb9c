import type { Metric, MetricType, TagSet, ValueKind } from '../contracts/metrics.ts';
import { isInternalMetric } from './builtin.ts';
import { PendingRows } from './rows.ts';
import type { Sink, SinkState } from './sinks.ts';
import { createSink, mergeInto, sinkState } from './sinks.ts';
import type { SeriesSelector } from './submetric.ts';
import { selects } from './submetric.ts';
import type { RoutedTagSet } from './tags.ts';

/** Part of the test that `--summary-mode full` shows on its own; the total has neither. */
export interface Section {
  readonly scenario: string;
  /** Group path; empty for the whole scenario. */
  readonly group: string;
}

/** A sink and what it aggregates. */
export interface Series {
  /** `metric` or `metric{tags}`. */
  readonly name: string;
  readonly metric: string;
  readonly type: MetricType;
  readonly contains: ValueKind;
  readonly section: Section | undefined;
  readonly sink: Sink;
}

export interface SeriesState extends Omit<Series, 'sink'> {
  readonly content: SinkState;
}

export interface AggregationPlan {
  /** Series with tags, each fed beside its metric. */
  readonly selectors: readonly SeriesSelector[];
  /** Also aggregate per scenario, and per scenario and group. */
  readonly sections: boolean;
}

function keyOf(name: string, section: Section | undefined): string {
  return section === undefined ? name : `${section.scenario}\n${section.group}\n${name}`;
}

/** The sinks of one thread, made when the first sample asks for them. */
export class Aggregator {
  readonly #series = new Map<string, Series>();
  readonly #selectors = new Map<string, SeriesSelector[]>();
  readonly #sections: boolean;
  readonly #rows: PendingRows[] = [];

  constructor(plan: AggregationPlan) {
    this.#sections = plan.sections;
    for (const selector of plan.selectors) {
      const list = this.#selectors.get(selector.metric);
      if (list === undefined) this.#selectors.set(selector.metric, [selector]);
      else list.push(selector);
    }
  }

  /** The sinks that a sample of the metric with these tags feeds. */
  sinksOf(metric: Metric, tags: TagSet): readonly Sink[] {
    const { routes } = tags as RoutedTagSet;
    return (routes[metric.id] as Sink[] | undefined) ?? (routes[metric.id] = this.#route(metric, tags));
  }

  /** Takes samples of these metrics as rows. */
  rows(metrics: readonly Metric[]): PendingRows {
    const rows = new PendingRows(metrics, (metric, tags) => this.sinksOf(metric, tags));
    this.#rows.push(rows);
    return rows;
  }

  #route(metric: Metric, tags: TagSet): Sink[] {
    if (isInternalMetric(metric.name)) return [];
    const sinks = [this.#sink(metric, metric.name, undefined)];
    for (const selector of this.#selectors.get(metric.name) ?? []) {
      if (selects(selector, tags)) sinks.push(this.#sink(metric, selector.name, undefined));
    }
    const scenario = this.#sections ? tags.get('scenario') : undefined;
    if (scenario !== undefined) {
      const group = tags.get('group') ?? '';
      const check = metric.name === 'checks' ? tags.get('check') : undefined;
      const sections =
        group === ''
          ? [{ scenario, group }]
          : [
              { scenario, group: '' },
              { scenario, group },
            ];
      for (const section of sections) {
        sinks.push(this.#sink(metric, metric.name, section));
        if (check !== undefined) sinks.push(this.#sink(metric, `${metric.name}{check:${check}}`, section));
      }
    }
    return sinks;
  }

  /** All series that had a sample, and those asked for by {@link ensure}. */
  series(): readonly Series[] {
    this.#settle();
    return [...this.#series.values()];
  }

  find(name: string): Series | undefined {
    this.#settle();
    return this.#series.get(name);
  }

  /** Makes the series exist, so that it shows up without samples too. */
  ensure(metric: Metric, name: string): Series {
    this.#sink(metric, name, undefined);
    return this.#series.get(name) as Series;
  }

  /** Copies of all content since the last drain, after which the sinks start anew. */
  drain(): SeriesState[] {
    this.#settle();
    const states: SeriesState[] = [];
    for (const { sink, ...what } of this.#series.values()) {
      if (sink.empty) continue;
      states.push({ ...what, content: sinkState(sink) });
      sink.reset();
    }
    return states;
  }

  merge(states: readonly SeriesState[]): void {
    for (const state of states) mergeInto(this.#sink(state, state.name, state.section), state.content);
  }

  #settle(): void {
    for (const rows of this.#rows) rows.settle();
  }

  #sink(
    metric: {
      readonly metric?: string;
      readonly name: string;
      readonly type: MetricType;
      readonly contains: ValueKind;
    },
    name: string,
    section: Section | undefined,
  ): Sink {
    const key = keyOf(name, section);
    const known = this.#series.get(key);
    if (known !== undefined) return known.sink;
    const sink = createSink(metric.type);
    const { type, contains } = metric;
    this.#series.set(key, { name, metric: metric.metric ?? metric.name, type, contains, section, sink });
    return sink;
  }
}
