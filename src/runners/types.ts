/** What a run asks of an engine, and what every engine gives back. */
import type { EngineName } from '../config/plan.ts';
import type { Measurement } from '../results/measure.ts';
import type { GeneratorHealth, RunRecord } from '../results/record.ts';
import type { ScriptPlan } from '../suite/script-plan.ts';
import type { SummaryData } from '../suite/summary/index.ts';

export interface RunRequest {
  /** The bundle: one self-contained k6 script. */
  readonly script: string;
  /** Folder for the engine's files; it exists and is empty. */
  readonly workDir: string;
  /** File that takes all the engine says. */
  readonly logFile: string;
  /** The plan for the script; the runner adds where the summary goes. */
  readonly scriptPlan: ScriptPlan;
  readonly variables: Readonly<Record<string, string>>;
  /** Variables that must not be seen in a command line. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Takes secrets out of what the engine says before anything of it is kept or shown. */
  readonly redact: (text: string) => string;
  readonly measurement: Measurement;
  /** Told to the user: something that needs a look. */
  readonly onNotice: (text: string) => void;
  /** Called with the command before it starts, and with every line of the engine when debugging. */
  readonly onDebug: (line: string) => void;
  /** Aborted by the first Ctrl-C (ends gracefully), and `force` by the second (ends at once). */
  readonly stop: AbortSignal;
  readonly force: AbortSignal;
}

export interface RunOutcome {
  readonly engine: RunRecord['engine'];
  /** The engine's own exit code; null when a signal ended it. */
  readonly exitCode: number | null;
  /** Undefined when the engine ended without one. */
  readonly summary: SummaryData | undefined;
  readonly samples: RunRecord['samples'];
  /** What the engine says of itself; what it cannot give is null, and `missing` says why. */
  readonly generator: Pick<
    GeneratorHealth,
    'eventLoopLagP99' | 'eventLoopLagMax' | 'cpu' | 'lateIterations' | 'distortions'
  >;
  readonly missing: Readonly<Record<string, string>>;
  /** The last errors the engine logged, newest last. */
  readonly errors: readonly string[];
}

export interface Runner {
  readonly name: EngineName;
  /** What makes the load, when that is not this machine. */
  readonly machine?: RunRecord['machine'];
  /**
   * The engine's version.
   * @throws LoadError engine.missing when it cannot be started
   */
  version(): Promise<string | null>;
  run(request: RunRequest): Promise<RunOutcome>;
}
