/** Reads k6's `--out json` stream into a measurement: one object a line, a `Point` per sample. */
import { redactUrl } from '../config/redact.ts';
import type { Measurement } from '../results/measure.ts';
import type { RunRecord } from '../results/record.ts';

interface Point {
  readonly metric: string;
  readonly data: {
    readonly time: string;
    readonly value: number;
    readonly tags?: Readonly<Record<string, string>> | null;
  };
}

/** Kinds of failing requests of which a sample is kept. */
const keptSamples = 20;

export class JsonOutputReader {
  readonly #measurement: Measurement;
  readonly #samples = new Map<string, RunRecord['samples'][number]>();
  /** Lines that were no point; the last one may be cut off when the engine was killed. */
  damaged = 0;

  constructor(measurement: Measurement) {
    this.#measurement = measurement;
  }

  get samples(): RunRecord['samples'] {
    return [...this.#samples.values()];
  }

  line(text: string): void {
    // The definitions of metrics are of no use here, and points of metrics that nobody asks for are many.
    const metric = /"metric":"([\w]+)"/.exec(text)?.[1];
    const handler = metric === undefined ? undefined : handlers[metric];
    if (handler === undefined || !text.includes('"type":"Point"')) return;
    let point: Point;
    try {
      point = JSON.parse(text) as Point;
    } catch {
      this.damaged++;
      return;
    }
    handler(this, point.data, Date.parse(point.data.time));
  }

  request(data: Point['data'], time: number): void {
    const tags = data.tags ?? {};
    const failure = tags['expected_response'] === 'false' ? failureOf(tags) : undefined;
    const endpoint = tags['name'] ?? '';
    this.#measurement.request({ endpoint, time, durationMs: data.value, failure });
    if (failure === undefined) return;
    const kind = `${endpoint} ${failure}`;
    const known = this.#samples.get(kind);
    if (known !== undefined) {
      known.count++;
    } else if (this.#samples.size < keptSamples) {
      this.#samples.set(kind, {
        endpoint,
        method: tags['method'] ?? '',
        url: redactUrl(tags['url'] ?? ''),
        status: Number(tags['status'] ?? 0),
        error: tags['error'] ?? '',
        body: '',
        count: 1,
      });
    }
  }

  get measurement(): Measurement {
    return this.#measurement;
  }
}

type Handler = (reader: JsonOutputReader, data: Point['data'], time: number) => void;

const handlers: Readonly<Record<string, Handler | undefined>> = {
  http_req_duration: (reader, data, time) => reader.request(data, time),
  iterations: (reader, data, time) => reader.measurement.count('iterations', time, data.value),
  dropped_iterations: (reader, data, time) => reader.measurement.count('dropped', time, data.value),
  checks: (reader, data, time) => reader.measurement.count(data.value === 1 ? 'checksPassed' : 'checksFailed', time, 1),
  vus: (reader, data, time) => reader.measurement.vus(time, data.value),
};

/** A number when the target answered, k6's error code when it did not. */
function failureOf(tags: Readonly<Record<string, string>>): string {
  const status = Number(tags['status'] ?? 0);
  return status > 0 ? `status ${status}` : `error ${tags['error_code'] ?? '1000'}`;
}
