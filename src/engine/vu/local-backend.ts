/** Fast mode: the guest's side of a VU on the engine thread, its one line of control a fiber. */
import { ScriptError } from '../contracts/vu.ts';
import type { GuestCall, GuestConfig, GuestOutcome, GuestVu } from '../guest/main.ts';
import type { Backend, BackendOutcome } from './backend.ts';
import { type BlockThread, LocalHost } from './local-host.ts';
import type { Realm } from './realm.ts';
import { describeFailure, type Services } from './services.ts';
import type { EngineIo } from './vu-io.ts';

export class LocalBackend implements Backend {
  readonly #services: Services;
  readonly #config: GuestConfig;
  readonly #io: EngineIo;
  readonly #realm: () => Realm;
  readonly #block: BlockThread;
  #vu: GuestVu | undefined;
  #done: ((outcome: BackendOutcome) => void) | undefined;
  readonly #ended: (outcome: GuestOutcome) => void;

  private constructor(services: Services, config: GuestConfig, io: EngineIo, realm: () => Realm, block: BlockThread) {
    this.#services = services;
    this.#config = config;
    this.#io = io;
    this.#realm = realm;
    this.#block = block;
    this.#ended = (outcome) => {
      const done = this.#done;
      this.#done = undefined;
      const ctx = this.#vu?.ctx;
      if (ctx !== undefined) done?.({ kind: 'ended', outcome, tags: ctx.tags, metadata: ctx.metadata });
    };
    io.onHalt = (message) => {
      this.#halted(message);
    };
  }

  /** Evaluates the script; rejects with a {@link ScriptError} when that fails. */
  static async create(
    services: Services,
    config: GuestConfig,
    io: EngineIo,
    realm: () => Realm,
    block: BlockThread,
  ): Promise<LocalBackend> {
    const backend = new LocalBackend(services, config, io, realm, block);
    const loaded = await new Promise<BackendOutcome>((resolve) => {
      backend.#load(resolve);
    });
    if (loaded.kind === 'halted') throw new ScriptError(loaded.message, 'aborted');
    if (loaded.kind === 'ended' && loaded.outcome.failure !== undefined) {
      throw new ScriptError(describeFailure(services.mapper, loaded.outcome.failure), 'init');
    }
    return backend;
  }

  run(call: GuestCall, done: (outcome: BackendOutcome) => void): void {
    if (this.#vu !== undefined) {
      this.#done = done;
      this.#vu.run(call, this.#ended);
      return;
    }
    this.#load((loaded) => {
      if (loaded.kind !== 'ended' || loaded.outcome.failure !== undefined) done(loaded);
      else this.run(call, done);
    });
  }

  // The script runs on the engine's own thread: it is asked each time, and has told everything.
  readonly begun = undefined;
  readonly revoke = nothing;
  readonly catchUp = nothing;

  kill(): void {
    this.#done = undefined;
    this.#vu?.halt();
    this.#vu = undefined;
    this.#io.interrupt();
  }

  dispose(): void {
    this.kill();
  }

  #load(done: (outcome: BackendOutcome) => void): void {
    const realm = this.#realm();
    const host = new LocalHost(this.#services, this.#io, this.#block);
    this.#done = done;
    this.#vu = realm.guest.createVu(host, this.#config, realm.guest.createFibers);
    this.#vu.load(() => realm.compile(this.#services.program), this.#ended);
  }

  /** The script asked for the end of the test. */
  #halted(message: string): void {
    const done = this.#done;
    const state = this.#vu?.tagState();
    if (done === undefined || state === undefined) return;
    const end = this.#services.now();
    this.kill();
    // The script is still on the stack.
    setImmediate(done, { kind: 'halted', message, end, ...state });
  }
}

function nothing(): void {
  // Nothing to do.
}
