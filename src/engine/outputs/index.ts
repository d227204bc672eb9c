import { createCsvOutput, CSV_OPTIONS } from './csv.ts';
import { createJsonOutput } from './json.ts';
import { OutputManager, outputsFrom } from './manager.ts';
import { createOpenTelemetryOutput } from './opentelemetry/index.ts';
import { createRecordOutput } from './record/index.ts';
import { createRemoteWriteOutput } from './remote-write/index.ts';
import type { OutputContext, OutputFactory } from './types.ts';

/** The outputs there are, by their name after `--out`. */
export const OUTPUTS: Readonly<Record<string, OutputFactory>> = {
  csv: createCsvOutput,
  'experimental-prometheus-rw': createRemoteWriteOutput,
  json: createJsonOutput,
  opentelemetry: createOpenTelemetryOutput,
  // Its name before it was stable.
  'experimental-opentelemetry': createOpenTelemetryOutput,
  record: createRecordOutput,
};

/**
 * All outputs of a run.
 * @param specs as given to `--out`: `type` or `type=argument`
 * @throws EngineError for an unknown type or an argument an output cannot read
 */
export function createOutputs(specs: readonly string[], context: Omit<OutputContext, 'argument'>): OutputManager {
  return new OutputManager(outputsFrom(whole(specs), OUTPUTS, context), context.log);
}

/** Lists of outputs are split at commas, which also separate the options of the CSV output. */
function whole(specs: readonly string[]): string[] {
  return specs.reduce<string[]>((found, spec) => {
    const [name = ''] = spec.split('=', 1);
    return CSV_OPTIONS.includes(name) && found.length > 0
      ? [...found.slice(0, -1), `${found.at(-1) ?? ''},${spec}`]
      : [...found, spec];
  }, []);
}

export { OutputManager } from './manager.ts';
export type { GeneratorReading, Output, OutputContext, OutputLog, RunEnd } from './types.ts';
