/** What every part of the engine agrees on about metrics. Implementations live in `src/engine/metrics`. */

export type MetricType = 'counter' | 'gauge' | 'rate' | 'trend';
/** What a metric's values measure: plain numbers, milliseconds or bytes. */
export type ValueKind = 'default' | 'time' | 'data';

export interface Metric {
  /** Index in the thread's registry; the same name has the same id in every thread of a run. */
  readonly id: number;
  readonly name: string;
  readonly type: MetricType;
  readonly contains: ValueKind;
}

/**
 * An interned, immutable set of tags. Two equal sets of one tag space are the same object, so a sink can be found
 * by identity. Keys that neither a threshold, the summary nor an output reads are dropped by `with` (the set is
 * returned unchanged): that is what bounds cardinality.
 */
export interface TagSet {
  with(key: string, value: string): TagSet;
  without(key: string): TagSet;
  get(key: string): string | undefined;
  /** Sorted by key. */
  entries(): readonly (readonly [key: string, value: string])[];
  /** Unique in the tag space; what a bridge between threads sends instead of the set. */
  readonly id: number;
}

/** The tag sets of one thread. */
export interface TagSpace {
  readonly root: TagSet;
  /** The set with these tags: `root` with each added in turn. */
  intern(tags: Iterable<readonly [key: string, value: string]>): TagSet;
  /** False when no consumer needs this key, so that callers can skip computing its value. */
  wants(key: string): boolean;
}

/** A request that was not what the script expects. */
export interface FailedRequest {
  /** The `name` tag. */
  readonly endpoint: string;
  readonly method: string;
  /** Without credentials. */
  readonly url: string;
  readonly status: number;
  readonly error: string;
  /** Empty when the script discards bodies. */
  readonly body: string;
}

/** Samples of several metrics, all with the same tags and at the same time; one for each metric. */
export interface SampleRows {
  /** To be filled with the values, in the order of the metrics. */
  readonly row: Float64Array;
  /** Takes what is in {@link row}. The rest is as in {@link SampleSink.add}. */
  add(tags: TagSet, time: number, metadata?: Readonly<Record<string, string>>): void;
}

/** Takes samples on one thread; never blocks, never throws. */
export interface SampleSink {
  /**
   * @param value in the metric's unit (milliseconds for time, bytes for data, 0 or 1 for a rate)
   * @param time wall-clock milliseconds since the epoch, fractional
   * @param metadata high-cardinality data kept for outputs only
   */
  add(metric: Metric, value: number, tags: TagSet, time: number, metadata?: Readonly<Record<string, string>>): void;
  /**
   * For samples that come together again and again: cheaper than `add` for each. Undefined where it would not be.
   * @param metrics no gauges
   */
  rows?(metrics: readonly Metric[]): SampleRows | undefined;
  /**
   * Counts an outcome of `check()` for the summary's group tree; the `checks` sample is a separate `add`.
   * @param group path as in `::outer::inner`, empty for the root
   */
  check(group: string, name: string, passed: boolean): void;
  /** Makes a group known to the summary's tree, also when nothing is checked in it. */
  group(path: string): void;
  /** Keeps a failed request as an example; absent when no output wants any. */
  readonly failed?: ((request: FailedRequest) => void) | undefined;
}
