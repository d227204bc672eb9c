/** The seconds that several engines counted, laid side by side by the clock and added up. */
import { quantile, type EngineSecond, type Measurement } from '../../results/measure.ts';
import { mergeEndpoint, mergeEndpoints } from '../../results/merge.ts';
import type { EndLine, RecordSink } from '../record-output.ts';

/** A second is told when every part is past it, or when one is that much further: a part may have died. */
const waitSeconds = 10;

interface Part {
  /** Wall-clock milliseconds of its start. */
  startedAt: number | undefined;
  /** Seconds before this one are complete. */
  completeBefore: number;
  end: EndLine | undefined;
}

export class MergedSeconds {
  readonly #measurement: Measurement;
  readonly #parts: readonly Part[];
  readonly #open = new Map<number, Map<string, EngineSecond[]>>();
  #origin: number | undefined;
  #toldBefore = 0;

  constructor(measurement: Measurement, parts: number) {
    this.#measurement = measurement;
    this.#parts = Array.from({ length: parts }, () => ({ startedAt: undefined, completeBefore: 0, end: undefined }));
  }

  /** What takes the lines of that part. */
  sink(index: number): RecordSink {
    const part = this.#parts[index];
    if (part === undefined) throw new RangeError(`no part ${index}`);
    return {
      begin: (time) => {
        part.startedAt ??= time;
        // The first to start gives the origin; pods are started together.
        this.#origin ??= time;
        this.#measurement.begin(this.#origin);
      },
      engineSecond: (second) => {
        const t = Math.max(this.#toldBefore, second.t + this.#shift(part));
        const endpoints = this.#open.get(t) ?? new Map<string, EngineSecond[]>();
        this.#open.set(t, endpoints);
        endpoints.set(second.endpoint, [...(endpoints.get(second.endpoint) ?? []), second]);
        // An engine writes a second's total after all that is before it.
        if (second.endpoint === '') part.completeBefore = t;
        this.#tell(this.#safe());
      },
      settle: (end) => {
        part.end = end;
        part.completeBefore = Infinity;
        this.#tell(this.#safe());
      },
    };
  }

  /** Tells what is left; the totals of the whole replace what was added up, when every part gave its own. */
  finish(): void {
    this.#tell(Infinity);
    const ends = this.#parts.flatMap(({ end }) => (end === undefined ? [] : [end]));
    if (ends.length < this.#parts.length) return;
    const durationSeconds = Math.max(...ends.map((end) => end.durationSeconds));
    this.#measurement.settle({
      durationSeconds,
      vusMax: ends.reduce((total, end) => total + end.vusMax, 0),
      total: mergeEndpoint(
        '',
        ends.map(({ total }) => total),
        durationSeconds,
      ),
      endpoints: mergeEndpoints(
        ends.map(({ endpoints }) => endpoints),
        durationSeconds,
      ),
    });
  }

  #shift({ startedAt }: Part): number {
    if (startedAt === undefined || this.#origin === undefined) return 0;
    return Math.max(0, Math.round((startedAt - this.#origin) / 1000));
  }

  #safe(): number {
    const slowest = Math.min(...this.#parts.map(({ completeBefore }) => completeBefore));
    const newest = Math.max(...this.#open.keys(), 0);
    return Math.max(slowest, newest - waitSeconds);
  }

  #tell(before: number): void {
    const over = [...this.#open].filter(([t]) => t < before).sort(([a], [b]) => a - b);
    for (const [t, endpoints] of over) {
      this.#open.delete(t);
      this.#toldBefore = t + 1;
      const names = [...endpoints.keys()].sort();
      for (const name of names) this.#measurement.engineSecond(addSeconds(t, name, endpoints.get(name) ?? []));
    }
  }
}

/** Quantiles are read from the added histogram. */
function addSeconds(t: number, endpoint: string, parts: readonly EngineSecond[]): EngineSecond {
  const counts = new Map<number, number>();
  const errors: Record<string, number> = {};
  const sum = (
    key: 'requests' | 'failed' | 'vus' | 'iterations' | 'dropped' | 'checksPassed' | 'checksFailed',
  ): number => parts.reduce((total, part) => total + (part[key] ?? 0), 0);
  for (const part of parts) {
    for (const [micros, count] of part.hist) counts.set(micros, (counts.get(micros) ?? 0) + count);
    for (const [kind, count] of Object.entries(part.errors)) errors[kind] = (errors[kind] ?? 0) + count;
  }
  const hist = [...counts].sort(([a], [b]) => a - b);
  const requests = sum('requests');
  const health = parts.flatMap(({ generator }) => (generator === undefined ? [] : [generator]));
  const at = (q: number): number | null => quantile(hist, requests, q);
  const most = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  return {
    t,
    endpoint,
    requests,
    failed: sum('failed'),
    errors,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    hist,
    ...(endpoint !== ''
      ? {}
      : {
          vus: sum('vus'),
          iterations: sum('iterations'),
          dropped: sum('dropped'),
          checksPassed: sum('checksPassed'),
          checksFailed: sum('checksFailed'),
        }),
    ...(health.length === 0
      ? {}
      : { generator: { lagP99: most(health.map(({ lagP99 }) => lagP99)), cpu: most(health.map(({ cpu }) => cpu)) } }),
  };
}
