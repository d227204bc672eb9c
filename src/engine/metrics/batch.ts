import type { Metric, MetricType, TagSet, TagSpace, ValueKind } from '../contracts/metrics.ts';
import { TRANSIENT } from './tags.ts';

export type Metadata = Readonly<Record<string, string>>;

/** Samples in columns. Valid only during the call it is handed to: the columns are used again. */
export interface SampleBatch {
  readonly length: number;
  readonly metrics: readonly Metric[];
  readonly tags: readonly TagSet[];
  readonly values: Float64Array;
  /** Wall-clock milliseconds, fractional. */
  readonly times: Float64Array;
  readonly metadata: readonly (Metadata | undefined)[];
}

const ROOM = 4096;

/** Collects samples until they are taken by a consumer. */
export class SampleBuffer {
  readonly #metrics: Metric[] = [];
  readonly #tags: TagSet[] = [];
  readonly #values = new Float64Array(ROOM);
  readonly #times = new Float64Array(ROOM);
  readonly #metadata: (Metadata | undefined)[] = [];
  readonly #consume: (batch: SampleBatch) => void;
  #length = 0;

  /** @param consume called when the buffer is full and by {@link flush}, never with an empty batch */
  constructor(consume: (batch: SampleBatch) => void) {
    this.#consume = consume;
  }

  add(metric: Metric, value: number, tags: TagSet, time: number, metadata: Metadata | undefined): void {
    const at = this.#length++;
    this.#metrics[at] = metric;
    this.#tags[at] = tags;
    this.#values[at] = value;
    this.#times[at] = time;
    this.#metadata[at] = metadata;
    if (this.#length === ROOM) this.flush();
  }

  flush(): void {
    const length = this.#length;
    if (length === 0) return;
    this.#length = 0;
    this.#consume({
      length,
      metrics: this.#metrics,
      tags: this.#tags,
      values: this.#values.subarray(0, length),
      times: this.#times.subarray(0, length),
      metadata: this.#metadata,
    });
  }
}

/** A batch as it crosses threads. Metrics and tag sets are described once per thread, then named by their ids. */
export interface WireBatch {
  readonly newMetrics: readonly { id: number; name: string; type: MetricType; contains: ValueKind }[];
  readonly newTagSets: readonly { id: number; entries: readonly (readonly [string, string])[] }[];
  readonly metricIds: Uint32Array;
  readonly tagSetIds: Uint32Array;
  readonly values: Float64Array;
  readonly times: Float64Array;
  readonly metadata: readonly (readonly [index: number, Metadata])[];
}

/** Turns batches of one thread into wire batches. */
export class BatchEncoder {
  readonly #metrics = new Set<number>();
  readonly #tagSets = new Set<number>();
  /** Sets beyond the tag space's bound get a number of their own in each batch. */
  #transient = 0xffff_ffff;

  encode(batch: SampleBatch): WireBatch {
    const { length } = batch;
    const newMetrics: WireBatch['newMetrics'][number][] = [];
    const newTagSets: WireBatch['newTagSets'][number][] = [];
    const metricIds = new Uint32Array(length);
    const tagSetIds = new Uint32Array(length);
    const metadata: (readonly [number, Metadata])[] = [];
    this.#transient = 0xffff_ffff;
    for (let i = 0; i < length; i++) {
      const metric = batch.metrics[i] as Metric;
      const tags = batch.tags[i] as TagSet;
      if (!this.#metrics.has(metric.id)) {
        this.#metrics.add(metric.id);
        newMetrics.push({ id: metric.id, name: metric.name, type: metric.type, contains: metric.contains });
      }
      let tagSetId = tags.id;
      if (tagSetId === TRANSIENT) {
        tagSetId = this.#transient--;
        newTagSets.push({ id: tagSetId, entries: tags.entries() });
      } else if (!this.#tagSets.has(tagSetId)) {
        this.#tagSets.add(tagSetId);
        newTagSets.push({ id: tagSetId, entries: tags.entries() });
      }
      metricIds[i] = metric.id;
      tagSetIds[i] = tagSetId;
      const extra = batch.metadata[i];
      if (extra !== undefined) metadata.push([i, extra]);
    }
    const { values, times } = batch;
    return { newMetrics, newTagSets, metricIds, tagSetIds, values: values.slice(), times: times.slice(), metadata };
  }
}

/** Turns one thread's wire batches back into samples of this thread. */
export class BatchDecoder {
  readonly #metrics = new Map<number, Metric>();
  readonly #tagSets = new Map<number, TagSet>();
  readonly #space: TagSpace;
  readonly #metric: (name: string, type: MetricType, contains: ValueKind) => Metric | undefined;

  constructor(space: TagSpace, metric: (name: string, type: MetricType, contains: ValueKind) => Metric | undefined) {
    this.#space = space;
    this.#metric = metric;
  }

  decode(wire: WireBatch, into: SampleBuffer): void {
    for (const { id, name, type, contains } of wire.newMetrics) {
      const metric = this.#metric(name, type, contains);
      if (metric !== undefined) this.#metrics.set(id, metric);
    }
    for (const { id, entries } of wire.newTagSets) this.#tagSets.set(id, this.#space.intern(entries));
    const metadata = new Map(wire.metadata);
    for (let i = 0; i < wire.values.length; i++) {
      const metric = this.#metrics.get(wire.metricIds[i] as number);
      const tags = this.#tagSets.get(wire.tagSetIds[i] as number);
      if (metric === undefined || tags === undefined) continue;
      into.add(metric, wire.values[i] as number, tags, wire.times[i] as number, metadata.get(i));
    }
  }
}
