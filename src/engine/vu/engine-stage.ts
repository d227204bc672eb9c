/** setup, teardown and handleSummary: functions that run once, on a VU of their own. */
import { ScriptError, type StageRunner } from '../contracts/vu.ts';
import type { GuestCall } from '../guest/main.ts';
import type { Backend, BackendOutcome } from './backend.ts';
import { TrafficMeter } from './engine-vu.ts';
import { describeFailure, type Services } from './services.ts';
import type { EngineIo } from './vu-io.ts';

const noIteration = { inVu: 0, inScenario: 0, inInstance: 0, inTest: 0 };

export class EngineStage implements StageRunner {
  readonly #services: Services;
  readonly #io: EngineIo;
  readonly #backend: Backend;
  #reject: ((error: ScriptError) => void) | undefined;

  constructor(services: Services, io: EngineIo, backend: Backend) {
    this.#services = services;
    this.#io = io;
    this.#backend = backend;
  }

  async run(exportName: string, data: string | undefined, timeoutMs: number): Promise<string | undefined> {
    const traffic = new TrafficMeter(this.#services, this.#io);
    const stage = exportName === 'setup' || exportName === 'teardown' ? exportName : 'summary';
    const call: GuestCall = { stage, exec: exportName, data, scenario: undefined, iteration: noIteration };
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string | undefined>((resolve, reject) => {
        this.#reject = reject;
        timer = setTimeout(() => {
          this.#backend.kill();
          reject(new ScriptError(`${exportName}() execution timed out after ${timeoutMs / 1000} seconds`, 'timeout'));
        }, timeoutMs);
        this.#backend.run(call, (outcome) => {
          if (outcome.kind !== 'died' && stage !== 'summary') traffic.emit(outcome);
          const error = this.#errorOf(outcome);
          if (error !== undefined) reject(error);
          else resolve(outcome.kind === 'ended' ? outcome.outcome.result : undefined);
        });
      });
    } finally {
      clearTimeout(timer);
      this.#reject = undefined;
    }
  }

  dispose(): void {
    this.#backend.dispose();
    this.#io.interrupt();
    this.#reject?.(new ScriptError('the run ended', 'aborted'));
  }

  #errorOf(outcome: BackendOutcome): ScriptError | undefined {
    switch (outcome.kind) {
      case 'died':
        return new ScriptError(outcome.message, 'threw');
      case 'halted':
        this.#io.call('exec.abort', { message: outcome.message });
        return new ScriptError(outcome.message, 'aborted');
      case 'ended': {
        const { failure } = outcome.outcome;
        return failure && new ScriptError(describeFailure(this.#services.mapper, failure), 'threw');
      }
    }
  }
}
