/** Reads k6's `--out json` stream into a measurement: one object a line, a `Point` per sample. */
import { redactUrl } from '../config/redact.ts';
import type { Measurement } from '../results/measure.ts';
import type { RunRecord } from '../results/record.ts';
import type { OutputReader } from './k6-run.ts';

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

const notMeasured = 'k6 does not measure it';

/** Who takes the samples. */
export type SampleSink = Pick<Measurement, 'request' | 'count' | 'vus'>;

export class JsonOutputReader implements OutputReader {
  readonly output = 'json';
  readonly measurement: SampleSink;
  readonly #samples = new Map<string, RunRecord['samples'][number]>();

  constructor(measurement: SampleSink) {
    this.measurement = measurement;
  }

  result(): ReturnType<OutputReader['result']> {
    return {
      samples: [...this.#samples.values()],
      generator: { eventLoopLagP99: null, eventLoopLagMax: null, cpu: null, lateIterations: null, distortions: null },
      missing: {
        'generator.eventLoopLagP99': notMeasured,
        'generator.eventLoopLagMax': notMeasured,
        'generator.cpu': notMeasured,
        'generator.lateIterations': notMeasured,
        'generator.distortions': notMeasured,
        'samples.body': "k6's sample stream has no bodies",
      },
    };
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
      // The last line is cut off when the engine was killed.
      return;
    }
    handler(this, point.data, Date.parse(point.data.time));
  }

  request(data: Point['data'], time: number): void {
    const tags = data.tags ?? {};
    const failure = tags['expected_response'] === 'false' ? failureOf(tags) : undefined;
    const endpoint = tags['name'] ?? '';
    this.measurement.request({ endpoint, time, durationMs: data.value, failure });
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
