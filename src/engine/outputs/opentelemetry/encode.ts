/** OTLP metrics 1.x, protobuf: https://github.com/open-telemetry/opentelemetry-proto */
import protobuf from 'protobufjs/minimal.js';

export type Attributes = readonly (readonly [key: string, value: string])[];

export interface NumberPoint {
  readonly attributes: Attributes;
  readonly value: number;
}

export interface HistogramPoint {
  readonly attributes: Attributes;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** One more than there are bounds. */
  readonly bucketCounts: readonly number[];
}

export type OtlpMetric = {
  readonly name: string;
  readonly unit: string;
} & (
  | { readonly kind: 'sum' | 'gauge'; readonly integer: boolean; readonly points: readonly NumberPoint[] }
  | { readonly kind: 'histogram'; readonly bounds: readonly number[]; readonly points: readonly HistogramPoint[] }
);

export interface OtlpExport {
  readonly resource: Attributes;
  readonly scope: string;
  readonly version: string;
  readonly metrics: readonly OtlpMetric[];
  /** Milliseconds since the epoch: since when totals count, and when they were read. */
  readonly start: number;
  readonly time: number;
}

/** Wire types of protobuf. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
/** AGGREGATION_TEMPORALITY_CUMULATIVE */
const CUMULATIVE = 2;

const tag = (number: number, wire: number): number => number * 8 + wire;
const nanos = (ms: number): number => Math.round(ms) * 1_000_000;

class OtlpWriter {
  readonly writer = protobuf.Writer.create();
  readonly #start: number;
  readonly #time: number;

  constructor(start: number, time: number) {
    this.#start = nanos(start);
    this.#time = nanos(time);
  }

  message(field: number, body: () => void): void {
    this.writer.uint32(tag(field, BYTES)).fork();
    body();
    this.writer.ldelim();
  }

  text(field: number, value: string): void {
    this.writer.uint32(tag(field, BYTES)).string(value);
  }

  attributes(field: number, attributes: Attributes): void {
    for (const [key, value] of attributes) {
      this.message(field, () => {
        this.text(1, key);
        this.message(2, () => this.text(1, value));
      });
    }
  }

  times(): void {
    this.writer.uint32(tag(2, FIXED64)).fixed64(this.#start);
    this.writer.uint32(tag(3, FIXED64)).fixed64(this.#time);
  }

  numberPoint({ attributes, value }: NumberPoint, integer: boolean): void {
    this.message(1, () => {
      this.times();
      if (integer) this.writer.uint32(tag(6, FIXED64)).sfixed64(value);
      else this.writer.uint32(tag(4, FIXED64)).double(value);
      this.attributes(7, attributes);
    });
  }

  histogramPoint(point: HistogramPoint, bounds: readonly number[]): void {
    const { writer } = this;
    this.message(1, () => {
      this.times();
      writer.uint32(tag(4, FIXED64)).fixed64(point.count);
      writer.uint32(tag(5, FIXED64)).double(point.sum);
      this.message(6, () => {
        for (const count of point.bucketCounts) writer.fixed64(count);
      });
      this.message(7, () => {
        for (const bound of bounds) writer.double(bound);
      });
      this.attributes(9, point.attributes);
      writer.uint32(tag(11, FIXED64)).double(point.min);
      writer.uint32(tag(12, FIXED64)).double(point.max);
    });
  }

  metric(metric: OtlpMetric): void {
    const { writer } = this;
    this.message(2, () => {
      this.text(1, metric.name);
      if (metric.unit !== '') this.text(3, metric.unit);
      switch (metric.kind) {
        case 'gauge':
          this.message(5, () => {
            for (const point of metric.points) this.numberPoint(point, metric.integer);
          });
          break;
        case 'sum':
          this.message(7, () => {
            for (const point of metric.points) this.numberPoint(point, metric.integer);
            writer.uint32(tag(2, VARINT)).int32(CUMULATIVE).uint32(tag(3, VARINT)).bool(true);
          });
          break;
        case 'histogram':
          this.message(9, () => {
            for (const point of metric.points) this.histogramPoint(point, metric.bounds);
            writer.uint32(tag(2, VARINT)).int32(CUMULATIVE);
          });
          break;
      }
    });
  }
}

/** An ExportMetricsServiceRequest. */
export function encodeExport({ resource, scope, version, metrics, start, time }: OtlpExport): Uint8Array {
  const otlp = new OtlpWriter(start, time);
  otlp.message(1, () => {
    otlp.message(1, () => otlp.attributes(1, resource));
    otlp.message(2, () => {
      otlp.message(1, () => {
        otlp.text(1, scope);
        otlp.text(2, version);
      });
      for (const metric of metrics) otlp.metric(metric);
    });
  });
  return otlp.writer.finish();
}
