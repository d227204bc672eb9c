import type { MetricType } from '../contracts/metrics.ts';
import type { TrendState } from './trend.ts';
import { TrendSink } from './trend.ts';

export class CounterSink {
  readonly type = 'counter';
  /** Times something was added, whatever the value. */
  samples = 0;
  count = 0;

  get empty(): boolean {
    return this.samples === 0;
  }

  add(value: number): void {
    this.samples++;
    this.count += value;
  }

  state(): CounterState {
    return { samples: this.samples, count: this.count };
  }

  mergeState(state: CounterState): void {
    this.samples += state.samples;
    this.count += state.count;
  }

  reset(): void {
    this.samples = 0;
    this.count = 0;
  }
}

export class GaugeSink {
  readonly type = 'gauge';
  value = 0;
  min = 0;
  max = 0;
  /** When the value was set; -Infinity before the first. */
  time = -Infinity;

  get empty(): boolean {
    return this.time === -Infinity;
  }

  add(value: number, time: number): void {
    if (this.empty || value < this.min) this.min = value;
    if (this.empty || value > this.max) this.max = value;
    if (time >= this.time) {
      this.value = value;
      this.time = time;
    }
  }

  state(): GaugeState {
    return { value: this.value, min: this.min, max: this.max, time: this.time };
  }

  mergeState(state: GaugeState): void {
    if (state.time === -Infinity) return;
    if (this.empty || state.min < this.min) this.min = state.min;
    if (this.empty || state.max > this.max) this.max = state.max;
    if (state.time >= this.time) {
      this.value = state.value;
      this.time = state.time;
    }
  }

  reset(): void {
    this.value = 0;
    this.min = 0;
    this.max = 0;
    this.time = -Infinity;
  }
}

export class RateSink {
  readonly type = 'rate';
  passes = 0;
  total = 0;

  get empty(): boolean {
    return this.total === 0;
  }

  get fails(): number {
    return this.total - this.passes;
  }

  get rate(): number {
    return this.total === 0 ? 0 : this.passes / this.total;
  }

  add(value: number): void {
    this.total++;
    if (value !== 0) this.passes++;
  }

  state(): RateState {
    return { passes: this.passes, total: this.total };
  }

  mergeState(state: RateState): void {
    this.passes += state.passes;
    this.total += state.total;
  }

  reset(): void {
    this.passes = 0;
    this.total = 0;
  }
}

export interface CounterState {
  readonly samples: number;
  readonly count: number;
}

export interface GaugeState {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly time: number;
}

export interface RateState {
  readonly passes: number;
  readonly total: number;
}

export type Sink = CounterSink | GaugeSink | RateSink | TrendSink;

/** A sink's content as it crosses threads: structured-cloneable. */
export type SinkState =
  | { readonly type: 'counter'; readonly state: CounterState }
  | { readonly type: 'gauge'; readonly state: GaugeState }
  | { readonly type: 'rate'; readonly state: RateState }
  | { readonly type: 'trend'; readonly state: TrendState };

const MAKE: { readonly [T in MetricType]: () => Extract<Sink, { type: T }> } = {
  counter: () => new CounterSink(),
  gauge: () => new GaugeSink(),
  rate: () => new RateSink(),
  trend: () => new TrendSink(),
};

export function createSink(type: MetricType): Sink {
  return MAKE[type]();
}

export function sinkState(sink: Sink): SinkState {
  switch (sink.type) {
    case 'counter':
      return { type: 'counter', state: sink.state() };
    case 'gauge':
      return { type: 'gauge', state: sink.state() };
    case 'rate':
      return { type: 'rate', state: sink.state() };
    case 'trend':
      return { type: 'trend', state: sink.state() };
  }
}

/** Adds what another thread has seen. Content of another type (the metric clashes between threads) is left out. */
export function mergeInto(sink: Sink, part: SinkState): void {
  if (sink.type === 'counter' && part.type === 'counter') sink.mergeState(part.state);
  else if (sink.type === 'gauge' && part.type === 'gauge') sink.mergeState(part.state);
  else if (sink.type === 'rate' && part.type === 'rate') sink.mergeState(part.state);
  else if (sink.type === 'trend' && part.type === 'trend') sink.mergeState(part.state);
}

/** The aggregations of a sink by the names scripts know, in k6's order; trends also take `p(N)`. */
export function aggregate(sink: Sink, name: string, seconds: number): number | undefined {
  switch (sink.type) {
    case 'counter':
      if (name === 'count') return sink.count;
      return name === 'rate' ? (seconds > 0 ? sink.count / seconds : 0) : undefined;
    case 'gauge':
      return name === 'value' || name === 'min' || name === 'max' ? sink[name] : undefined;
    case 'rate':
      return name === 'rate' || name === 'passes' || name === 'fails' ? sink[name] : undefined;
    case 'trend':
      return trendStat(sink, name);
  }
}

/** One of `avg`, `min`, `med`, `max`, `count`, `sum`, `p(N)`; `undefined` for any other name. */
export function trendStat(sink: TrendSink, name: string): number | undefined {
  switch (name) {
    case 'avg':
      return sink.avg;
    case 'min':
      return sink.empty ? 0 : sink.min;
    case 'max':
      return sink.empty ? 0 : sink.max;
    case 'med':
      return sink.quantile(0.5);
    case 'count':
      return sink.count;
    case 'sum':
      return sink.sum;
    default: {
      const percentile = parsePercentile(name);
      return percentile === undefined ? undefined : sink.quantile(percentile / 100);
    }
  }
}

/** `p(95)` → 95; `undefined` when it is no percentile between 0 and 100. */
export function parsePercentile(name: string): number | undefined {
  const match = /^p\((\d+(?:\.\d+)?|\.\d+)\)$/.exec(name);
  if (match === null) return undefined;
  const percentile = Number(match[1]);
  return percentile <= 100 ? percentile : undefined;
}
