import type { Metric, TagSet } from '../contracts/metrics.ts';
import type { SampleBatch } from '../metrics/batch.ts';
import type { Sink } from '../metrics/sinks.ts';
import { createSink } from '../metrics/sinks.ts';
import { TRANSIENT } from '../metrics/tags.ts';

/** A metric under one tag set, aggregated over the whole run. */
export interface TimeSeries {
  readonly metric: Metric;
  readonly tags: TagSet;
  readonly sink: Sink;
  /** Samples came since it was last sent. */
  fresh: boolean;
}

/** All time series of a run, for outputs that send aggregates. */
export class SeriesTable {
  readonly #byTags = new Map<TagSet, Map<number, TimeSeries>>();
  #dropped = 0;

  /** Samples whose tag set is beyond the bound of the tag space: there is no series for them. */
  get dropped(): number {
    return this.#dropped;
  }

  add(batch: SampleBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const tags = batch.tags[i] as TagSet;
      if (tags.id === TRANSIENT) {
        this.#dropped++;
        continue;
      }
      const series = this.#series(batch.metrics[i] as Metric, tags);
      series.sink.add(batch.values[i] as number, batch.times[i] as number);
      series.fresh = true;
    }
  }

  all(): TimeSeries[] {
    return [...this.#byTags.values()].flatMap((byMetric) => [...byMetric.values()]);
  }

  #series(metric: Metric, tags: TagSet): TimeSeries {
    let byMetric = this.#byTags.get(tags);
    if (byMetric === undefined) this.#byTags.set(tags, (byMetric = new Map<number, TimeSeries>()));
    let series = byMetric.get(metric.id);
    if (series === undefined) {
      series = { metric, tags, sink: createSink(metric.type), fresh: true };
      byMetric.set(metric.id, series);
    }
    return series;
  }
}
