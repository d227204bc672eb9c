/** What several pods measure, read from their logs into one measurement. */
import type { Measurement } from '../../results/measure.ts';
import { JsonOutputReader } from '../json-output.ts';
import type { OutputReader } from '../k6-run.ts';
import { RecordOutputReader } from '../record-output.ts';
import type { RunOutcome } from '../types.ts';
import type { PodOutput } from './manifests.ts';
import { MergedSeconds } from './seconds.ts';

export interface Parts {
  /** Whether that line of that pod was one of its measurements. */
  line(index: number, text: string): boolean;
  finish(): Pick<RunOutcome, 'samples' | 'generator' | 'missing'>;
}

export function openParts(output: PodOutput, measurement: Measurement, parallelism: number): Parts {
  const merged = output === 'record' ? new MergedSeconds(measurement, parallelism) : undefined;
  const users = new Array<number>(parallelism).fill(0);
  const readers = Array.from({ length: parallelism }, (_, index): OutputReader => {
    if (merged !== undefined) return new RecordOutputReader(merged.sink(index));
    return new JsonOutputReader({
      request: (sample) => measurement.request(sample),
      count: (...counted) => measurement.count(...counted),
      vus(time, vus) {
        users[index] = vus;
        measurement.vus(
          time,
          users.reduce((total, one) => total + one, 0),
        );
      },
    });
  });
  const isMeasured = output === 'record' ? /^\{"type":"(start|second|end)"/ : /^\{"(metric|type)":"/;
  return {
    line(index, text) {
      // A pod that was started again is not a part of this run's plan.
      if (!isMeasured.test(text)) return false;
      readers[index]?.line(text);
      return true;
    },
    finish() {
      merged?.finish();
      return mergeResults(readers.map((reader) => reader.result()));
    },
  };
}

type Result = ReturnType<OutputReader['result']>;

function mergeResults(results: readonly Result[]): Result {
  const samples = new Map<string, Result['samples'][number]>();
  for (const sample of results.flatMap((result) => result.samples)) {
    const kind = `${sample.endpoint} ${sample.status} ${sample.error}`;
    const known = samples.get(kind);
    samples.set(kind, known === undefined ? sample : { ...known, count: known.count + sample.count });
  }
  const over = (key: keyof Result['generator'], join: (...values: number[]) => number): number | null => {
    const values = results.map(({ generator }) => generator[key]);
    const known = values.filter((value) => value !== null);
    return known.length < values.length ? null : join(...known);
  };
  const sum = (...values: number[]): number => values.reduce((total, one) => total + one, 0);
  return {
    samples: [...samples.values()],
    generator: {
      // The worst pod speaks for all.
      eventLoopLagP99: over('eventLoopLagP99', Math.max),
      eventLoopLagMax: over('eventLoopLagMax', Math.max),
      cpu: over('cpu', Math.max),
      lateIterations: over('lateIterations', sum),
      distortions: over('distortions', sum),
    },
    missing: Object.assign({}, ...results.map(({ missing }) => missing)) as Result['missing'],
  };
}
