/** Samples that come together: noted as a row, and counted with many other rows. */
import type { Metric, SampleRows, TagSet } from '../contracts/metrics.ts';
import type { Sink } from './sinks.ts';

/** Rows noted at a time: few enough to stay in the fastest cache. */
const ROOM = 64;

/**
 * Counting a sample at once costs a dozen cache lines for its sinks, which the kernel's work between two requests has driven
 * out of the fastest cache. A row is one or two lines, and the sinks of a column are fetched once for all its rows.
 */
export class PendingRows implements SampleRows {
  readonly row: Float64Array;
  readonly #metrics: readonly Metric[];
  readonly #sinksOf: (metric: Metric, tags: TagSet) => readonly Sink[];
  readonly #values: Float64Array;
  readonly #tags: TagSet[] = [];
  #length = 0;

  /** @param metrics no gauges: those need the time of each sample */
  constructor(metrics: readonly Metric[], sinksOf: (metric: Metric, tags: TagSet) => readonly Sink[]) {
    this.row = new Float64Array(metrics.length);
    this.#metrics = metrics;
    this.#sinksOf = sinksOf;
    this.#values = new Float64Array(metrics.length * ROOM);
  }

  add(tags: TagSet): void {
    const { row } = this;
    const values = this.#values;
    const from = this.#length * row.length;
    for (let i = 0; i < row.length; i++) values[from + i] = row[i] as number;
    this.#tags[this.#length++] = tags;
    if (this.#length === ROOM) this.settle();
  }

  /** Counts what was noted; to be called before anyone looks at the sinks. */
  settle(): void {
    const rows = this.#length;
    this.#length = 0;
    for (let column = 0; column < this.#metrics.length; column++) this.#count(column, rows);
  }

  #count(column: number, rows: number): void {
    const metric = this.#metrics[column] as Metric;
    const values = this.#values;
    let last: TagSet | undefined;
    let sinks: readonly Sink[] = [];
    for (let i = 0, at = column; i < rows; i++, at += this.#metrics.length) {
      const tags = this.#tags[i] as TagSet;
      if (tags !== last) sinks = this.#sinksOf(metric, (last = tags));
      for (const sink of sinks) sink.add(values[at] as number, 0);
    }
  }
}
