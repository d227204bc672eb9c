/** setup and teardown of a run: watched, bounded in time, and what follows when they fail. */
import { ExitCode, type ExitCodeValue } from '../contracts/errors.ts';
import { ScriptError, type StageRunner, type VuFactory } from '../contracts/vu.ts';
import type { Clock } from '../executors/clock.ts';
import type { EngineLog } from './types.ts';
import type { Watchdog } from './watchdog.ts';

export type StageName = 'setup' | 'teardown';

export interface StageEnd {
  readonly ok: boolean;
  /** JSON text of what the function returned. */
  readonly data: string | undefined;
}

export class Stages {
  readonly #watchdog: Watchdog;
  readonly #clock: Clock;
  readonly #log: EngineLog;
  readonly #onFailed: (code: ExitCodeValue, reason: string) => void;
  /** Set while one runs. */
  #interrupt: (() => void) | undefined;

  /** @param onFailed told how the run ends when a stage threw or took too long */
  constructor(
    watchdog: Watchdog,
    clock: Clock,
    log: EngineLog,
    onFailed: (code: ExitCodeValue, reason: string) => void,
  ) {
    this.#watchdog = watchdog;
    this.#clock = clock;
    this.#log = log;
    this.#onFailed = onFailed;
  }

  /**
   * @param data JSON text of the argument
   * @param timeout milliseconds
   */
  async run(factory: VuFactory, name: StageName, data: string | undefined, timeout: number): Promise<StageEnd> {
    let stage: StageRunner | undefined;
    try {
      stage = await factory.stage();
      return { ok: true, data: await this.#watched(stage, name, data, timeout) };
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      // An abort was told and judged when the script asked for it.
      if (error.kind === 'aborted') return { ok: true, data: undefined };
      this.#failed(name, error, timeout);
      return { ok: false, data: undefined };
    } finally {
      // A stage that was interrupted is in no state to be asked anything.
      if (this.#interrupt) stage?.dispose();
      this.#interrupt = undefined;
    }
  }

  /** To be called when the watchdog has ended running code of the script. */
  interrupted(): void {
    this.#interrupt?.();
  }

  /** In a turn of its own, because an endless loop in it is ended together with what called it. */
  #watched(
    stage: StageRunner,
    name: StageName,
    data: string | undefined,
    timeout: number,
  ): Promise<string | undefined> {
    this.#watchdog.setDeadline(timeout);
    return new Promise((resolve, reject) => {
      this.#interrupt = () => {
        this.#interrupt = undefined;
        reject(new ScriptError(`${name}() was interrupted`, 'timeout'));
      };
      this.#clock.soon(() => {
        stage.run(name, data, timeout).then(resolve, reject);
      });
    });
  }

  #failed(name: StageName, error: ScriptError, timeout: number): void {
    if (error.kind !== 'timeout') {
      this.#log('error', error.message);
      this.#onFailed(ExitCode.scriptException, `${name} failed`);
      return;
    }
    this.#log('error', `${name}() execution timed out after ${timeout / 1000} seconds`, {
      hint: `You can increase the time limit via the ${name}Timeout option`,
    });
    this.#onFailed(name === 'setup' ? ExitCode.setupTimeout : ExitCode.teardownTimeout, `${name} timed out`);
  }
}
