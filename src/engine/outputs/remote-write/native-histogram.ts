import type { TrendSink } from '../../metrics/trend.ts';

/** Buckets grow by 2^(2^-3), about 9 %: what k6 sends. */
const SCHEMA = 3;
/** Values up to this count as zero. */
const ZERO_THRESHOLD = 2 ** -128;

export interface Buckets {
  /** Distance from the end of the span before (the first: from bucket 0), and number of buckets. */
  readonly spans: readonly { readonly offset: number; readonly length: number }[];
  /** Counts, each as the difference to the one before. */
  readonly deltas: readonly number[];
}

/** https://prometheus.io/docs/specs/native_histograms/ */
export interface NativeHistogram {
  readonly count: number;
  readonly sum: number;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
}

function pack(counts: ReadonlyMap<number, number>): Buckets {
  const spans: { offset: number; length: number }[] = [];
  const deltas: number[] = [];
  let last = 0;
  let next = 0;
  for (const [index, count] of [...counts].sort(([a], [b]) => a - b)) {
    const span = spans.at(-1);
    if (span !== undefined && index === next) span.length++;
    else spans.push({ offset: index - next, length: 1 });
    deltas.push(count - last);
    last = count;
    next = index + 1;
  }
  return { spans, deltas };
}

/** @param divisor divides every value: 1000 makes milliseconds seconds */
export function nativeHistogram(sink: TrendSink, divisor: number): NativeHistogram {
  const positive = new Map<number, number>();
  const negative = new Map<number, number>();
  let zeroCount = 0;
  for (const [value, count] of sink.buckets()) {
    const size = Math.abs(value / divisor);
    if (size <= ZERO_THRESHOLD) {
      zeroCount += count;
      continue;
    }
    const index = Math.ceil(Math.log2(size) * 2 ** SCHEMA);
    const side = value > 0 ? positive : negative;
    side.set(index, (side.get(index) ?? 0) + count);
  }
  return {
    count: sink.count,
    sum: sink.sum / divisor,
    schema: SCHEMA,
    zeroThreshold: ZERO_THRESHOLD,
    zeroCount,
    positive: pack(positive),
    negative: pack(negative),
  };
}
