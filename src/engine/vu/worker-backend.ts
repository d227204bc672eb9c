/** Exact mode: the guest's side of a VU in a worker of its own. */
import { type Lease, ScriptError } from '../contracts/vu.ts';
import type { GuestCall, GuestConfig } from '../guest/main.ts';
import type { Backend, BackendOutcome } from './backend.ts';
import { describeFailure, type Services } from './services.ts';
import type { EngineIo } from './vu-io.ts';
import { WorkerLink } from './worker-link.ts';
import type { WorkerPool } from './worker-pool.ts';

export class WorkerBackend implements Backend {
  readonly #start: (onEnded: (outcome: BackendOutcome) => void) => WorkerLink;
  #link: WorkerLink | undefined;
  #done: ((outcome: BackendOutcome) => void) | undefined;

  private constructor(services: Services, pool: WorkerPool, config: Omit<GuestConfig, 'baseTags'>, io: EngineIo) {
    this.#start = (onEnded) => new WorkerLink(services, pool, config, io, onEnded);
  }

  /** Starts the worker and evaluates the script; rejects with a {@link ScriptError} when that fails. */
  static async create(
    services: Services,
    pool: WorkerPool,
    config: Omit<GuestConfig, 'baseTags'>,
    io: EngineIo,
  ): Promise<WorkerBackend> {
    const backend = new WorkerBackend(services, pool, config, io);
    await new Promise<void>((resolve, reject) => {
      backend.#load((loaded) => {
        if (loaded.kind === 'ended' && loaded.outcome.failure === undefined) {
          resolve();
          return;
        }
        backend.kill();
        reject(new ScriptError(loadError(services, loaded), loaded.kind === 'halted' ? 'aborted' : 'init'));
      });
    });
    return backend;
  }

  get begun(): number | undefined {
    return this.#link?.begun;
  }

  run(call: GuestCall, done: (outcome: BackendOutcome) => void, lease?: Lease): void {
    if (this.#link?.alive === true) {
      this.#done = done;
      this.#link.run(call, lease);
      return;
    }
    this.#load((loaded) => {
      if (loaded.kind === 'ended' && loaded.outcome.failure === undefined) {
        this.#done = done;
        this.#link?.run(call, lease);
      } else done(loaded);
    });
  }

  revoke(): void {
    this.#link?.revoke();
  }

  catchUp(): void {
    this.#link?.catchUp();
  }

  kill(): void {
    this.#done = undefined;
    this.#link?.kill();
    this.#link = undefined;
  }

  dispose(): void {
    this.kill();
  }

  #load(loaded: (outcome: BackendOutcome) => void): void {
    this.#done = loaded;
    this.#link = this.#start((outcome) => {
      const done = this.#done;
      this.#done = undefined;
      done?.(outcome);
    });
  }
}

function loadError(services: Services, outcome: BackendOutcome): string {
  if (outcome.kind !== 'ended') return outcome.message;
  const { failure } = outcome.outcome;
  return failure === undefined ? '' : describeFailure(services.mapper, failure);
}
