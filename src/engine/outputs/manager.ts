import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { SampleBatch } from '../metrics/batch.ts';
import type { SampleConsumer } from '../metrics/engine.ts';
import type { GeneratorReading, Output, OutputContext, OutputFactory, OutputLog, RunEnd } from './types.ts';

function union(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const all = new Set<string>();
  for (const list of lists) {
    if (list === undefined) return undefined;
    for (const entry of list) all.add(entry);
  }
  return [...all];
}

/** All outputs of a run as one; an output that breaks is left out from then on, the run goes on. */
export class OutputManager implements SampleConsumer {
  readonly metrics: readonly string[] | undefined;
  readonly tags: readonly string[] | undefined;
  readonly #outputs: readonly Output[];
  readonly #broken = new Map<Output, number>();
  readonly #log: OutputLog;

  constructor(outputs: readonly Output[], log: OutputLog) {
    this.#outputs = outputs;
    this.#log = log;
    this.metrics = union(outputs.map((output) => output.metrics));
    this.tags = union(outputs.map((output) => output.tags));
  }

  /** One line per output, `-` when there is none. */
  get description(): string {
    return this.#outputs.length === 0 ? '-' : this.#outputs.map(({ description }) => description).join(', ');
  }

  /** @throws EngineError when an output cannot begin; those that did are stopped again */
  async start(): Promise<void> {
    const started: Output[] = [];
    try {
      for (const output of this.#outputs) {
        await output.start();
        started.push(output);
      }
    } catch (error) {
      const end = {
        exitCode: ExitCode.generic,
        interrupted: true,
        thresholds: [],
        checks: [],
        failures: [],
        durationMs: 0,
      };
      await Promise.allSettled(started.map((output) => output.stop(end)));
      throw error;
    }
  }

  addSamples(batch: SampleBatch): void {
    for (const output of this.#outputs) {
      const lost = this.#broken.get(output);
      if (lost === undefined) this.#guard(output, () => output.addSamples(batch));
      else this.#broken.set(output, lost + batch.length);
    }
  }

  /** @param time wall-clock milliseconds at which the load begins, after set-up */
  loadBegins(time: number): void {
    for (const output of this.#outputs) this.#guard(output, () => output.loadBegins?.(time));
  }

  addReading(reading: GeneratorReading): void {
    for (const output of this.#outputs) this.#guard(output, () => output.addReading?.(reading));
  }

  get wantsFailures(): boolean {
    return this.#outputs.some(({ wantsFailures = false }) => wantsFailures);
  }

  async stop(end: RunEnd): Promise<void> {
    await Promise.all(
      this.#outputs.map(async (output) => {
        try {
          await output.stop(end);
        } catch (error) {
          this.#log('error', `output ${output.description} did not end well: ${describe(error)}`);
        }
        const lost = this.#broken.get(output) ?? 0;
        if (lost > 0) this.#log('warning', `output ${output.description} missed ${lost} samples after its failure`);
      }),
    );
  }

  #guard(output: Output, call: () => void): void {
    if (this.#broken.has(output)) return;
    try {
      call();
    } catch (error) {
      this.#broken.set(output, 0);
      this.#log('error', `output ${output.description} failed and is left out from here on: ${describe(error)}`);
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Makes the outputs named by `--out type[=argument]`.
 * @throws EngineError for a type that is not known
 */
export function outputsFrom(
  specs: readonly string[],
  factories: Readonly<Record<string, OutputFactory>>,
  context: Omit<OutputContext, 'argument'>,
): Output[] {
  return specs.map((spec) => {
    const equals = spec.indexOf('=');
    const type = equals === -1 ? spec : spec.slice(0, equals);
    const argument = equals === -1 ? undefined : spec.slice(equals + 1);
    const factory = Object.hasOwn(factories, type) ? factories[type] : undefined;
    if (factory === undefined) {
      const known = Object.keys(factories).sort().join(', ');
      throw new EngineError(`invalid output type '${type}', available types are: ${known}`, ExitCode.generic, {
        hint: 'run this script with --engine k6 when it needs another output',
      });
    }
    return factory({ ...context, argument });
  });
}
