/** Reads the embedded engine's `--out record` (docs/record-output.md): seconds while it runs, exact totals at its end. */
import { redactUrl } from '../config/redact.ts';
import type { EngineSecond, Measurement } from '../results/measure.ts';
import type { EndpointTotals, GeneratorHealth, RunRecord } from '../results/record.ts';
import type { OutputReader } from './k6-run.ts';
import type { RunOutcome } from './types.ts';

export interface EndLine {
  readonly type: 'end';
  readonly durationSeconds: number;
  readonly vusMax: number;
  readonly total: EndpointTotals;
  readonly endpoints: readonly EndpointTotals[];
  readonly generator: GeneratorHealth;
  readonly samples: RunRecord['samples'];
}

type Line =
  { readonly type: 'start'; readonly startedAt: string } | ({ readonly type: 'second' } & EngineSecond) | EndLine;

export const unknownHealth: RunOutcome['generator'] = {
  eventLoopLagP99: null,
  eventLoopLagMax: null,
  cpu: null,
  lateIterations: null,
  distortions: null,
};

/** Who takes what the engine counted. */
export type RecordSink = Pick<Measurement, 'begin' | 'engineSecond'> & { settle(end: EndLine): void };

export class RecordOutputReader implements OutputReader {
  readonly output = 'record';
  readonly #measurement: RecordSink;
  #end: EndLine | undefined;

  constructor(measurement: RecordSink) {
    this.#measurement = measurement;
  }

  line(text: string): void {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      // The last line is cut off when the engine was killed.
      return;
    }
    if (line.type === 'start') this.#measurement.begin(Date.parse(line.startedAt));
    if (line.type === 'second') this.#measurement.engineSecond(line);
    if (line.type === 'end') {
      this.#end = line;
      this.#measurement.settle(line);
    }
  }

  result(): ReturnType<OutputReader['result']> {
    if (this.#end === undefined) {
      const ended = 'the engine ended before it could say';
      return { samples: [], generator: unknownHealth, missing: { generator: ended, samples: ended } };
    }
    const { eventLoopLagP99, eventLoopLagMax, cpu, lateIterations, distortions } = this.#end.generator;
    return {
      samples: this.#end.samples.map((sample) => ({ ...sample, url: redactUrl(sample.url) })),
      generator: { eventLoopLagP99, eventLoopLagMax, cpu, lateIterations, distortions },
      missing: {},
    };
  }
}
