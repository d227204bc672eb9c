/** What the life of a run needs from outside: its inputs, the log, and whoever watches. */
import type { LogLevel } from '../contracts/host.ts';
import type { Standing } from '../executors/progress-text.ts';
import type { RuntimeConfig } from '../options/types.ts';
import type { EntryRequest } from '../script/index.ts';
import type { Layer } from '../options/table.ts';
import type { ScenarioStatus } from './segment-run.ts';

export type Fields = Readonly<Record<string, string>>;
export type EngineLog = (level: LogLevel, message: string, fields?: Fields) => void;

export interface TestRequest {
  readonly script: EntryRequest;
  readonly cwd: string;
  readonly runtime: RuntimeConfig;
  /** Options from the config file, the environment and the flags; the script's come in between. */
  readonly fileLayer: Layer;
  readonly envLayer: Layer;
  readonly flagLayer: Layer;
}

export interface ScenarioDescription {
  readonly name: string;
  readonly text: string;
  /** Milliseconds after the test's start. */
  readonly startTime: number;
  /** Milliseconds of the regular run. */
  readonly duration: number;
  /** What stands beside the progress bar. */
  readonly columns: (standing: Standing) => readonly string[];
}

export interface RunDescription {
  readonly script: string;
  readonly outputs: string;
  readonly scenarios: readonly ScenarioDescription[];
  readonly maxVUs: number;
  /** Milliseconds, with graceful stops. */
  readonly maxDuration: number;
}

export type RunPhase = 'init' | 'paused' | 'setup' | 'running' | 'teardown' | 'done';

export interface RunStatus {
  readonly phase: RunPhase;
  /** Somebody or something has ended the test before its time. */
  readonly stopped: boolean;
  /** Milliseconds since the start of the load. */
  readonly elapsed: number;
  readonly vusActive: number;
  readonly vusInitialized: number;
  readonly iterationsCompleted: number;
  readonly iterationsInterrupted: number;
  readonly scenarios: readonly ScenarioStatus[];
}

/** The progress display. */
export interface RunObserver {
  described(run: RunDescription): void;
  /** Several times a second while the run lasts. */
  progress(status: RunStatus): void;
  /** Before the summary is printed. */
  ended(): void;
  /** After it. */
  closed(status: RunStatus): void;
}

export interface RunStreams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}
