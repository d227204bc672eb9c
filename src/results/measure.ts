/**
 * Measurements as they come in, second by second and endpoint by endpoint, in bounded memory: whatever the engine, its
 * samples end up here, and series lines and endpoint results come out.
 */
import hdr, { type Histogram } from 'hdr-histogram-js';
import type { EndpointResult, EndpointTotals, SeriesLine } from './record.ts';

/** One finished request. */
export interface RequestSample {
  readonly endpoint: string;
  /** Wall-clock milliseconds at the end of the request. */
  readonly time: number;
  readonly durationMs: number;
  /** Undefined: it was fine. */
  readonly failure: string | undefined;
}

/** A second of one endpoint (`""` is all of them) as an engine counted it; the last five on the total only. */
export interface EngineSecond {
  readonly t: number;
  readonly endpoint: string;
  readonly requests: number;
  readonly failed: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly hist: readonly (readonly [micros: number, count: number])[];
  readonly vus?: number | undefined;
  readonly iterations?: number | undefined;
  readonly dropped?: number | undefined;
  readonly checksPassed?: number | undefined;
  readonly checksFailed?: number | undefined;
  readonly generator?: LiveHealth;
}

/** How the load generator fares now. */
export interface LiveHealth {
  /** Event-loop lag in milliseconds. */
  readonly lagP99: number | null;
  /** CPU use of the busiest engine thread, 0 to 1. */
  readonly cpu: number | null;
}

/** What came out in all. */
export interface Totals {
  readonly durationSeconds: number;
  readonly total: EndpointResult;
  readonly endpoints: readonly EndpointResult[];
}

/** The same as an engine tells it. */
interface EngineTotals extends Totals {
  readonly vusMax: number;
  readonly total: EndpointTotals;
  readonly endpoints: readonly EndpointTotals[];
}

/** Without what only merging needs. */
function recorded(totals: EndpointTotals): EndpointResult {
  const { name, requests, rate, failed, errors, duration, fromIntended, histogram } = totals;
  return { name, requests, rate, failed, errors, duration, fromIntended, histogram };
}

/** What the totals of a second say besides its requests. */
export type SecondCounter = 'iterations' | 'dropped' | 'checksPassed' | 'checksFailed';

/** A second is closed when samples are this much younger than it; later ones go into the oldest open second. */
const lateSeconds = 10;
/** Seconds that are kept to look at while the load goes on. */
const recentSeconds = 120;
const highestMicros = 3_600_000_000;

/** Three significant digits: values differ from the truth by at most 0.1 %. */
export const newHistogram = (): Histogram =>
  hdr.build({ lowestDiscernibleValue: 1, highestTrackableValue: highestMicros, numberOfSignificantValueDigits: 3 });

/** Milliseconds as the histograms' microseconds. */
export const toMicros = (ms: number): number => Math.min(highestMicros, Math.max(1, Math.round(ms * 1000)));

/** Middle of the histogram bucket of that value: 2048 steps up to 2047, then 1024 steps per power of two. */
export function bucketOf(micros: number): number {
  const unit = 2 ** Math.max(0, Math.floor(Math.log2(micros)) - 10);
  return (Math.floor(micros / unit) + (unit > 1 ? 0.5 : 0)) * unit;
}

export class Tally {
  readonly #name: string;
  readonly #histogram = newHistogram();
  readonly #errors = new Map<string, number>();
  #requests = 0;
  #failed = 0;
  #sumMs = 0;
  #minMs = Infinity;
  #maxMs = 0;

  constructor(name: string) {
    this.#name = name;
  }

  add(durationMs: number, failure: string | undefined): void {
    this.#requests++;
    this.#sumMs += durationMs;
    this.#minMs = Math.min(this.#minMs, durationMs);
    this.#maxMs = Math.max(this.#maxMs, durationMs);
    this.#histogram.recordValue(toMicros(durationMs));
    if (failure === undefined) return;
    this.#failed++;
    this.#errors.set(failure, (this.#errors.get(failure) ?? 0) + 1);
  }

  /** Adds a second that the engine has already counted; times are those of its histogram's buckets. */
  addSecond(second: Pick<EngineSecond, 'requests' | 'failed' | 'errors' | 'hist'>): void {
    this.#requests += second.requests;
    this.#failed += second.failed;
    for (const [kind, count] of Object.entries(second.errors)) {
      this.#errors.set(kind, (this.#errors.get(kind) ?? 0) + count);
    }
    for (const [micros, count] of second.hist) {
      this.#sumMs += (micros / 1000) * count;
      this.#minMs = Math.min(this.#minMs, micros / 1000);
      this.#maxMs = Math.max(this.#maxMs, micros / 1000);
      this.#histogram.recordValueWithCount(micros, count);
    }
  }

  get requests(): number {
    return this.#requests;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Milliseconds; null before the first request. */
  quantile(q: number): number | null {
    return this.#requests === 0 ? null : this.#histogram.getValueAtPercentile(q * 100) / 1000;
  }

  result(seconds: number): EndpointResult {
    const at = (percentile: number): number => this.#histogram.getValueAtPercentile(percentile) / 1000;
    return {
      name: this.#name,
      requests: this.#requests,
      rate: seconds > 0 ? this.#requests / seconds : 0,
      failed: this.#failed,
      errors: Object.fromEntries([...this.#errors].sort(([a], [b]) => (a < b ? -1 : 1))),
      duration:
        this.#requests === 0
          ? null
          : {
              min: this.#minMs,
              avg: this.#sumMs / this.#requests,
              med: at(50),
              p90: at(90),
              p95: at(95),
              p99: at(99),
              max: this.#maxMs,
            },
      histogram: this.#requests === 0 ? null : hdr.encodeIntoCompressedBase64(this.#histogram),
    };
  }
}

class Cell {
  requests = 0;
  failed = 0;
  readonly errors = new Map<string, number>();
  /** Middle of a histogram bucket in microseconds → count. */
  readonly counts = new Map<number, number>();

  line(t: number, endpoint: string): SeriesLine {
    const hist = [...this.counts].sort(([a], [b]) => a - b);
    return {
      t,
      endpoint,
      requests: this.requests,
      failed: this.failed,
      ...(this.errors.size === 0 ? {} : { errors: Object.fromEntries(this.errors) }),
      p50: quantile(hist, this.requests, 0.5),
      p95: quantile(hist, this.requests, 0.95),
      p99: quantile(hist, this.requests, 0.99),
      hist,
    };
  }
}

class Second {
  readonly cells = new Map<string, Cell>();
  readonly counters: Record<SecondCounter, number> = { iterations: 0, dropped: 0, checksPassed: 0, checksFailed: 0 };
  vus: number | undefined;

  cell(endpoint: string): Cell {
    const cell = this.cells.get(endpoint) ?? new Cell();
    this.cells.set(endpoint, cell);
    return cell;
  }
}

/** Collects samples and hands out a second's lines as soon as the second is over. */
export class Measurement {
  readonly total = new Tally('');
  readonly #endpoints = new Map<string, Tally>();
  readonly #onLines: (lines: readonly SeriesLine[]) => void;
  readonly #open = new Map<number, Second>();
  #start: number | undefined;
  #startedAt: number | undefined;
  #end = 0;
  #closedBefore = 0;
  #vus: number | undefined;
  #vusMax = 0;
  #settled: Totals | undefined;
  readonly #counted: Record<SecondCounter, number> = { iterations: 0, dropped: 0, checksPassed: 0, checksFailed: 0 };

  readonly #recent: SeriesLine[] = [];
  #health: LiveHealth | undefined;

  constructor(onLines: (lines: readonly SeriesLine[]) => void) {
    this.#onLines = (lines) => {
      this.#recent.push(...lines.filter(({ endpoint }) => endpoint === ''));
      if (this.#recent.length > recentSeconds) this.#recent.splice(0, this.#recent.length - recentSeconds);
      onLines(lines);
    };
  }


  request(sample: RequestSample): void {
    this.total.add(sample.durationMs, sample.failure);
    this.#tally(sample.endpoint).add(sample.durationMs, sample.failure);
    const bucket = bucketOf(toMicros(sample.durationMs));
    const second = this.#second(sample.time, sample.time - sample.durationMs);
    for (const cell of [second.cell(''), second.cell(sample.endpoint)]) {
      cell.requests++;
      if (sample.failure !== undefined) {
        cell.failed++;
        cell.errors.set(sample.failure, (cell.errors.get(sample.failure) ?? 0) + 1);
      }
      cell.counts.set(bucket, (cell.counts.get(bucket) ?? 0) + 1);
    }
  }

  count(counter: SecondCounter, time: number, by: number): void {
    this.#counted[counter] += by;
    this.#second(time, time).counters[counter] += by;
  }

  vus(time: number, vus: number): void {
    this.#setVus(vus);
    this.#second(time, time).vus = vus;
  }

  /** Takes a second that the engine has counted itself, in the order of time. */
  engineSecond(second: EngineSecond): void {
    const { t, endpoint, requests, failed, errors, p50, p95, p99 } = second;
    const hist = second.hist.map(([micros, n]): [number, number] => [micros, n]);
    const told = Object.keys(errors).length === 0 ? {} : { errors: { ...errors } };
    const line = { t, endpoint, requests, failed, ...told, p50, p95, p99, hist };
    this.#start ??= 0;
    this.#end = Math.max(this.#end, (t + 1) * 1000);
    if (endpoint !== '') {
      this.#tally(endpoint).addSecond(second);
      this.#onLines([line]);
      return;
    }
    this.total.addSecond(second);
    this.#health = second.generator ?? this.#health;
    const { vus = 0, iterations = 0, dropped = 0, checksPassed = 0, checksFailed = 0 } = second;
    this.#setVus(vus);
    const counted = { iterations, dropped, checksPassed, checksFailed };
    for (const name of Object.keys(counted) as SecondCounter[]) this.#counted[name] += counted[name];
    this.#onLines([{ ...line, ...counted, vus }]);
  }

  /** Tells when the load began, in wall-clock milliseconds; samples tell it by themselves. */
  begin(time: number): void {
    this.#startedAt ??= time;
  }

  /** Wall-clock milliseconds; null before it is known. */
  get startedAt(): number | null {
    return this.#startedAt ?? null;
  }

  /** The engine's own totals, which are exact, replace those added up here. */
  settle({ durationSeconds, vusMax, total, endpoints }: EngineTotals): void {
    this.#settled = { durationSeconds, total: recorded(total), endpoints: endpoints.map(recorded) };
    this.#vusMax = Math.max(this.#vusMax, vusMax);
  }

  totals(): Totals {
    if (this.#settled !== undefined) return this.#settled;
    const durationSeconds = this.#start === undefined ? 0 : (this.#end - this.#start) / 1000;
    return {
      durationSeconds,
      total: this.total.result(durationSeconds),
      endpoints: [...this.#endpoints.values()].map((tally) => tally.result(durationSeconds)),
    };
  }

  /** Milliseconds of load that were measured so far; null before the first sample. */
  get elapsedMs(): number | null {
    return this.#start === undefined ? null : this.#end - this.#start;
  }

  /** Totals so far. */
  get counted(): Readonly<Record<SecondCounter, number>> {
    return this.#counted;
  }

  /** Users active now, and most at once. */
  get users(): { readonly now: number; readonly max: number } {
    return { now: this.#vus ?? 0, max: this.#vusMax };
  }

  /** The last seconds that are over, all endpoints together. */
  get recent(): readonly SeriesLine[] {
    return this.#recent;
  }

  /** Endpoints so far, by their names. */
  get endpoints(): ReadonlyMap<string, Tally> {
    return this.#endpoints;
  }

  /** Undefined until an engine tells. */
  get health(): LiveHealth | undefined {
    return this.#health;
  }

  /** Closes every second. */
  finish(): void {
    this.#closeBefore(Infinity);
  }

  #tally(endpoint: string): Tally {
    let tally = this.#endpoints.get(endpoint);
    if (tally === undefined) this.#endpoints.set(endpoint, (tally = new Tally(endpoint)));
    return tally;
  }

  #setVus(vus: number): void {
    this.#vus = vus;
    this.#vusMax = Math.max(this.#vusMax, vus);
  }

  #second(time: number, began: number): Second {
    this.#start ??= began;
    this.begin(this.#start);
    this.#end = Math.max(this.#end, time);
    const index = Math.max(this.#closedBefore, Math.floor((time - this.#start) / 1000));
    let second = this.#open.get(index);
    if (second === undefined) {
      this.#closeBefore(index - lateSeconds);
      this.#open.set(index, (second = new Second()));
    }
    return second;
  }

  #closeBefore(limit: number): void {
    const over = [...this.#open].filter(([index]) => index < limit).sort(([a], [b]) => a - b);
    for (const [index, second] of over) {
      this.#open.delete(index);
      const vus = second.vus ?? this.#vus;
      const total = { ...second.cell('').line(index, ''), ...second.counters, ...(vus === undefined ? {} : { vus }) };
      const endpoints = [...second.cells].filter(([name]) => name !== '').sort(([a], [b]) => (a < b ? -1 : 1));
      this.#onLines([total, ...endpoints.map(([name, cell]) => cell.line(index, name))]);
    }
    if (Number.isFinite(limit)) this.#closedBefore = Math.max(this.#closedBefore, limit);
  }
}

/** Milliseconds at that quantile of sorted [microseconds, count] pairs; null when there are none. */
export function quantile(hist: readonly (readonly [number, number])[], total: number, q: number): number | null {
  let rest = Math.ceil(total * q);
  for (const [value, count] of hist) {
    rest -= count;
    if (rest <= 0) return value / 1000;
  }
  return null;
}
