import { binOf, valueOf } from '../../metrics/histogram.ts';
import { TrendSink } from '../../metrics/trend.ts';
import type { DurationStats, EndpointTotals, SecondLine, SparseHistogram } from './format.ts';

/** HdrHistogram V2 in base64. */
export type EncodeHistogram = (counts: SparseHistogram) => string;

/** Counts per bin of microseconds. */
class MicrosHistogram {
  readonly #bins = new Map<number, number>();
  count = 0;

  add(ms: number): void {
    const bin = ms > 0 ? binOf(ms * 1000) : 0;
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
    this.count++;
  }

  merge(other: MicrosHistogram): void {
    for (const [bin, count] of other.#bins) this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + count);
    this.count += other.count;
  }

  /** Below 512 µs several bins round to the same microsecond. */
  sparse(): SparseHistogram {
    const merged = new Map<number, number>();
    const ascending = [...this.#bins].sort(([a], [b]) => a - b);
    for (const [bin, count] of ascending) {
      const micros = bin === 0 ? 0 : Math.round(valueOf(bin));
      merged.set(micros, (merged.get(micros) ?? 0) + count);
    }
    return [...merged];
  }
}

const inMicros = (trend: TrendSink): SparseHistogram =>
  Array.from(trend.buckets(), ([ms, count]) => [Math.round(Math.max(0, ms) * 1000), count]);

/** Requests and their failures. */
class Outcomes {
  requests = 0;
  failed = 0;
  /** By what went wrong. */
  readonly errors: Record<string, number> = {};

  addFailure(kind: string, times = 1): void {
    this.failed += times;
    this.errors[kind] = (this.errors[kind] ?? 0) + times;
  }

  protected mergeOutcomes(other: Outcomes): void {
    this.requests += other.requests;
    for (const [kind, times] of Object.entries(other.errors)) this.addFailure(kind, times);
  }
}

/** @returns milliseconds at the nearest rank, null when the histogram is empty */
function quantile(histogram: SparseHistogram, count: number, p: number): number | null {
  let seen = 0;
  for (const [micros, times] of histogram) {
    seen += times;
    if (seen >= p * count) return micros / 1000;
  }
  return null;
}

/** One endpoint during one second. */
export class SecondCounts extends Outcomes {
  readonly #durations = new MicrosHistogram();

  addDuration(ms: number): void {
    this.#durations.add(ms);
  }

  merge(other: SecondCounts): void {
    this.mergeOutcomes(other);
    this.#durations.merge(other.#durations);
  }

  line(t: number, endpoint: string): SecondLine {
    const hist = this.#durations.sparse();
    const at = (p: number): number | null => quantile(hist, this.#durations.count, p);
    const { requests, failed, errors } = this;
    return { type: 'second', t, endpoint, requests, failed, errors, p50: at(0.5), p95: at(0.95), p99: at(0.99), hist };
  }
}

/** One endpoint during the whole run. */
export class RunCounts extends Outcomes {
  readonly #micros = new MicrosHistogram();
  readonly #durations = new TrendSink();
  readonly #fromIntended = new TrendSink();

  addDuration(ms: number): void {
    this.#micros.add(ms);
    this.#durations.add(ms);
  }

  /** @param ms from the intended start of the iteration */
  addFromIntended(ms: number): void {
    this.#fromIntended.add(ms);
  }

  merge(other: RunCounts): void {
    this.mergeOutcomes(other);
    this.#micros.merge(other.#micros);
    this.#durations.merge(other.#durations);
    this.#fromIntended.merge(other.#fromIntended);
  }

  totals(name: string, seconds: number, encode: EncodeHistogram): EndpointTotals {
    const { requests, failed, errors } = this;
    const trend = this.#durations;
    const duration = stats(trend);
    const intended = this.#fromIntended;
    const histogram = trend.empty ? null : encode(this.#micros.sparse());
    return {
      name,
      requests,
      rate: seconds > 0 ? requests / seconds : 0,
      failed,
      errors,
      duration,
      fromIntended: stats(intended),
      fromIntendedHistogram: intended.empty ? null : encode(inMicros(intended)),
      histogram,
    };
  }
}

function stats(trend: TrendSink): DurationStats | null {
  if (trend.empty) return null;
  return {
    min: trend.min,
    avg: trend.avg,
    med: trend.quantile(0.5),
    p90: trend.quantile(0.9),
    p95: trend.quantile(0.95),
    p99: trend.quantile(0.99),
    max: trend.max,
  };
}
