import type { TagSet } from '../../contracts/metrics.ts';
import type { SampleBatch } from '../../metrics/batch.ts';
import { GROUP_SEPARATOR } from '../../metrics/checks.ts';
import type { GeneratorReading, RunEnd } from '../types.ts';
import type { EncodeHistogram } from './counts.ts';
import { RunCounts, SecondCounts } from './counts.ts';
import type { EndLine, SecondLine, StartLine } from './format.ts';
import { RECORD_FORMAT_VERSION } from './format.ts';
import { GeneratorSummary } from './health.ts';

/** Endpoints on their own; further names are counted together. */
export const MAX_ENDPOINTS = 300;
export const OTHER = '(other)';
/** Names beyond the bound are counted up to here. */
const MAX_OTHERS = 10_000;
/** A second is written when it is over for this long: samples of other threads come late. */
const GRACE_MS = 1500;

/** Metrics whose samples the recorder reads, and the tags. */
export const RECORDED_METRICS: readonly string[] = [
  'http_reqs',
  'http_req_failed',
  'http_req_duration',
  'http_req_duration@intended',
  'iterations',
  'dropped_iterations',
  'checks',
  'vus',
  'data_received',
  'data_sent',
];
export const RECORDED_TAGS: readonly string[] = ['name', 'status', 'error_code', 'scenario'];

interface Second {
  readonly endpoints: Map<Endpoint, SecondCounts>;
  vus: number | undefined;
  iterations: number;
  dropped: number;
  checksPassed: number;
  checksFailed: number;
  dataReceived: number;
  dataSent: number;
}

interface Totals {
  iterations: number;
  dropped: number;
  vusMax: number;
  dataReceived: number;
  dataSent: number;
}

interface Endpoint {
  readonly name: string;
  readonly run: RunCounts;
}

/** What a tag set means to the record. */
interface Meaning {
  readonly endpoint: Endpoint | undefined;
  readonly failure: string;
  /** Set-up and tear-down are no part of the load. */
  readonly load: boolean;
}

/** Turns samples into the lines of a record. Knows nothing of files and clocks. */
export class Recorder {
  readonly #version: string;
  readonly #everySampleCounts: boolean;
  readonly #meanings = new WeakMap<TagSet, Meaning>();
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #others = new Set<string>();
  readonly #totals: Totals = { iterations: 0, dropped: 0, vusMax: 0, dataReceived: 0, dataSent: 0 };
  readonly #health = new GeneratorSummary();
  readonly #seconds: (Second | undefined)[] = [];
  #written = 0;
  #vus = 0;
  #introduced = false;
  #startedAt: number | undefined;

  /** @param systemTags without `scenario` among them the samples of set-up and tear-down count too */
  constructor(version: string, systemTags: readonly string[]) {
    this.#version = version;
    this.#everySampleCounts = !systemTags.includes('scenario');
  }

  /** @param time wall-clock milliseconds at which the load begins; the first sample's when this is not called */
  begin(time: number): void {
    this.#startedAt ??= time;
  }

  add(batch: SampleBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const metric = batch.metrics[i];
      const tags = batch.tags[i];
      if (metric !== undefined && tags !== undefined) {
        this.#sample(metric.name, batch.values[i] as number, tags, batch.times[i] as number);
      }
    }
  }

  addReading(reading: GeneratorReading): void {
    this.#health.add(reading);
  }

  /** Lines of the seconds that are over, the start line before the first; `now` Infinity for all there are. */
  lines(now: number): (StartLine | SecondLine)[] {
    if (this.#startedAt === undefined) return [];
    const lines: (StartLine | SecondLine)[] = [];
    if (!this.#introduced) lines.push(startLine(this.#version, this.#startedAt));
    this.#introduced = true;
    const over = now === Infinity ? this.#seconds.length : Math.floor((now - GRACE_MS - this.#startedAt) / 1000);
    for (; this.#written < over; this.#written++) {
      const second = this.#seconds[this.#written] ?? emptySecond();
      this.#seconds[this.#written] = undefined;
      lines.push(...this.#secondLines(this.#written, second));
    }
    return lines;
  }

  end(end: RunEnd, now: number, encode: EncodeHistogram): EndLine {
    const startedAt = this.#startedAt ?? now;
    const seconds = end.durationMs / 1000;
    const { iterations, dropped, vusMax, dataReceived, dataSent } = this.#totals;
    const total = new RunCounts();
    for (const { run } of this.#endpoints.values()) total.merge(run);
    return {
      type: 'end',
      startedAt: new Date(startedAt).toISOString(),
      endedAt: new Date(startedAt + end.durationMs).toISOString(),
      durationSeconds: seconds,
      exitCode: end.exitCode,
      interrupted: end.interrupted,
      iterations,
      droppedIterations: dropped,
      vusMax,
      dataReceived,
      dataSent,
      total: total.totals('', seconds, encode),
      endpoints: [...this.#endpoints.values()].map(({ name, run }) => run.totals(name, seconds, encode)),
      checks: end.checks.map(({ name, group, passes, fails }) => {
        return { name, path: group + GROUP_SEPARATOR + name, passes, fails };
      }),
      thresholds: end.thresholds.map(({ series, source, ok, observed, limit, abortOnFail }) => ({
        metric: series,
        expression: source,
        ok,
        value: observed ?? null,
        limit: Number.isFinite(limit) ? limit : null,
        abortOnFail,
      })),
      generator: this.#health.summary(dropped, seconds > 0 ? iterations / seconds : 0),
      samples: end.failures,
      otherEndpoints: this.#others.size,
    };
  }

  #sample(metric: string, value: number, tags: TagSet, time: number): void {
    if (metric === 'vus') {
      this.#second(time).vus = value;
      this.#totals.vusMax = Math.max(this.#totals.vusMax, value);
      return;
    }
    const meaning = this.#meaning(tags);
    if (!meaning.load) return;
    const second = this.#second(time);
    const { endpoint } = meaning;
    switch (metric) {
      case 'http_reqs':
        if (endpoint === undefined) break;
        countsOf(second, endpoint).requests++;
        endpoint.run.requests++;
        break;
      case 'http_req_duration':
        if (endpoint === undefined) break;
        countsOf(second, endpoint).addDuration(value);
        endpoint.run.addDuration(value);
        break;
      case 'http_req_duration@intended':
        endpoint?.run.addFromIntended(value);
        break;
      case 'http_req_failed':
        if (endpoint === undefined || value === 0) break;
        countsOf(second, endpoint).addFailure(meaning.failure);
        endpoint.run.addFailure(meaning.failure);
        break;
      case 'iterations':
        second.iterations += value;
        this.#totals.iterations += value;
        break;
      case 'dropped_iterations':
        second.dropped += value;
        this.#totals.dropped += value;
        break;
      case 'checks':
        if (value !== 0) second.checksPassed++;
        else second.checksFailed++;
        break;
      case 'data_received':
        second.dataReceived += value;
        this.#totals.dataReceived += value;
        break;
      case 'data_sent':
        second.dataSent += value;
        this.#totals.dataSent += value;
        break;
    }
  }

  #meaning(tags: TagSet): Meaning {
    let meaning = this.#meanings.get(tags);
    if (meaning === undefined) {
      const status = tags.get('status') ?? '0';
      const load = this.#everySampleCounts || tags.get('scenario') !== undefined;
      meaning = {
        endpoint: load ? this.#endpoint(tags.get('name')) : undefined,
        failure: status === '0' ? `error ${tags.get('error_code') ?? 'unknown'}` : `status ${status}`,
        load,
      };
      this.#meanings.set(tags, meaning);
    }
    return meaning;
  }

  #endpoint(name: string | undefined): Endpoint | undefined {
    if (name === undefined) return undefined;
    const known = this.#endpoints.get(name);
    if (known !== undefined) return known;
    if (this.#endpoints.size >= MAX_ENDPOINTS && name !== OTHER) {
      if (this.#others.size < MAX_OTHERS) this.#others.add(name);
      return this.#endpoint(OTHER);
    }
    const endpoint = { name, run: new RunCounts() };
    this.#endpoints.set(name, endpoint);
    return endpoint;
  }

  /** The second a time falls in; samples that come after it was written go to the next one that was not. */
  #second(time: number): Second {
    this.#startedAt ??= time;
    const index = Math.max(Math.floor((time - this.#startedAt) / 1000), this.#written, 0);
    return (this.#seconds[index] ??= emptySecond());
  }

  #secondLines(t: number, second: Second): SecondLine[] {
    const { iterations, dropped, checksPassed, checksFailed, dataReceived, dataSent } = second;
    const { last } = this.#health;
    this.#vus = second.vus ?? this.#vus;
    const all = new SecondCounts();
    for (const counts of second.endpoints.values()) all.merge(counts);
    const total = {
      ...all.line(t, ''),
      vus: this.#vus,
      dropped,
      iterations,
      checksPassed,
      checksFailed,
      dataReceived,
      dataSent,
      ...(last === undefined ? {} : { generator: last }),
    };
    return [total, ...[...second.endpoints].map(([{ name }, counts]) => counts.line(t, name))];
  }
}

function startLine(version: string, startedAt: number): StartLine {
  return {
    type: 'start',
    version: RECORD_FORMAT_VERSION,
    engine: { name: 'embedded', version },
    startedAt: new Date(startedAt).toISOString(),
  };
}

function emptySecond(): Second {
  return {
    endpoints: new Map(),
    vus: undefined,
    iterations: 0,
    dropped: 0,
    checksPassed: 0,
    checksFailed: 0,
    dataReceived: 0,
    dataSent: 0,
  };
}

function countsOf(second: Second, endpoint: Endpoint): SecondCounts {
  let counts = second.endpoints.get(endpoint);
  if (counts === undefined) second.endpoints.set(endpoint, (counts = new SecondCounts()));
  return counts;
}
