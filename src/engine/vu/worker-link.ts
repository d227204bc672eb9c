/** The engine's end of one worker: carries out what its frames ask for, and hands it its events one by one. */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { LogLevel, Outcome } from '../contracts/host.ts';
import type { Metric, MetricType, TagSet, ValueKind } from '../contracts/metrics.ts';
import type { Lease } from '../contracts/vu.ts';
import type { GuestCall, GuestConfig } from '../guest/main.ts';
import type { Failure } from '../guest/main.ts';
import type { ExchangeResult, Lent } from '../http/types.ts';
import type { BackendOutcome } from './backend.ts';
import { createChannelMemory, EngineChannel } from './bridge/channel.ts';
import { Answer, Request, type WorkerInput } from './bridge/protocol.ts';
import { canWait } from './bridge/readable.ts';
import { readDirect, readProgress, readSpec, writeCall, writeLent, writeOutcome } from './bridge/records.ts';
import { Decoder, Encoder } from './bridge/wire.ts';
import { distFile } from './realm.ts';
import type { LogFields, Services } from './services.ts';
import type { EngineIo } from './vu-io.ts';
import type { WorkerPool } from './worker-pool.ts';

/** A VU's heap may grow to this; a script beyond it loses its VU, not the run. */
const MAX_HEAP_MB = 1024;
/** Milliseconds between looks at whether a worker may be ended. */
const LOADING_POLL = 5;
const NOTHING_LENT: Lent = { kept: false, loan: undefined, headLength: -1, bodyLength: 0 };
/** Numbers of the threads that connections are lent to. */
let threads = 0;

type Event =
  | { readonly kind: 'run'; readonly call: GuestCall; readonly lease: Lease | undefined }
  | { readonly kind: 'done'; readonly id: number; readonly outcome: Outcome<unknown> };

export class WorkerLink {
  readonly #services: Services;
  readonly #io: EngineIo;
  readonly #onEnded: (outcome: BackendOutcome) => void;
  readonly #worker: Worker;
  readonly #channel: EngineChannel;
  readonly #in: Decoder;
  readonly #out = new Encoder();
  readonly #events: Event[] = [];
  /** The worker's operation ids → those of the I/O side. */
  readonly #operations = new Map<number, number>();
  readonly #metrics: Metric[] = [];
  #idle = false;
  #alive = true;
  /** A frame is being carried out. */
  #reading = false;
  #begun: number | undefined;
  readonly #thread = ++threads;
  readonly #pool: WorkerPool;
  /** The worker expects to be told. */
  readonly #lends = canWait();
  #borrows = true;
  #exchanges = 0;

  /** @param onEnded told of the end of each function that was run, of loading first */
  constructor(
    services: Services,
    pool: WorkerPool,
    config: Omit<GuestConfig, 'baseTags'>,
    io: EngineIo,
    onEnded: (outcome: BackendOutcome) => void,
  ) {
    this.#services = services;
    this.#pool = pool;
    this.#io = io;
    this.#onEnded = onEnded;
    const { port1, port2 } = new MessageChannel();
    const memory = createChannelMemory();
    this.#channel = new EngineChannel(memory, port1);
    this.#in = new Decoder((entries) => services.tagSpace.intern(entries));
    const number = pool.enter(this);
    const workerData: WorkerInput = {
      program: { code: services.program.code },
      config,
      wantedTags: services.wantedTags,
      counters: services.counters,
      borrows: this.#lends,
      memory,
      bell: pool.bell,
      number,
      port: port2,
    };
    this.#worker = new Worker(distFile('vu-worker.js'), {
      workerData,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      // A script must not see the environment, not even through a hole.
      env: {},
      execArgv: [],
    });
    let message = 'the thread of the VU ended unexpectedly';
    this.#worker.once('error', (error: NodeJS.ErrnoException) => {
      message =
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? `the script used more than ${MAX_HEAP_MB} MB of memory in one VU and was stopped`
          : `the thread of the VU failed: ${error.message}`;
    });
    this.#worker.once('exit', () => {
      pool.leave(number);
      port1.close();
      this.catchUp();
      const died = this.#alive;
      if (died) this.#io.interrupt();
      this.#alive = false;
      this.#release();
      if (died) this.#onEnded({ kind: 'died', message });
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Number in the instance of the iteration that the worker has begun by its lease. */
  get begun(): number | undefined {
    return this.#begun;
  }

  run(call: GuestCall, lease: Lease | undefined): void {
    if (this.#begun === undefined) this.#deliver({ kind: 'run', call, lease });
    else this.#begun = undefined;
  }

  revoke(): void {
    this.#channel.allow(0);
  }

  /** Ends the thread; nothing of the script runs any more. */
  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#io.interrupt();
    this.#end();
  }

  #end(): void {
    if (this.#channel.loading) setTimeout(() => this.#end(), LOADING_POLL);
    else void this.#worker.terminate();
  }

  #release(): void {
    if (this.#lends) this.#io.call('http.release', this.#thread);
  }

  /** Carries out the frame that waits, if one does. */
  catchUp(): void {
    if (!this.#alive || this.#reading) return;
    const frame = this.#channel.receive();
    if (frame === undefined) return;
    const input = this.#in;
    input.feed(frame);
    this.#reading = true;
    try {
      // A record may end the worker.
      while (!input.done && this.alive) this.#record(input.byte());
    } finally {
      this.#reading = false;
    }
  }

  #record(kind: number): void {
    const input = this.#in;
    switch (kind) {
      case Request.sample: {
        const metric = this.#metrics[input.int()];
        const value = input.double();
        const time = input.double();
        const tags = input.value() as TagSet;
        const metadata = input.value() as LogFields | undefined;
        if (metric !== undefined) this.#services.samples.add(metric, value, tags, time, metadata);
        return;
      }
      case Request.check:
        this.#services.samples.check(input.text(), input.text(), input.byte() === 1);
        return;
      case Request.group:
        this.#services.samples.group(input.text());
        return;
      case Request.log: {
        const level = input.text() as LogLevel;
        const message = input.text();
        this.#services.log(level, message, input.byte() === 1 ? { source: 'console' } : undefined);
        return;
      }
      case Request.begin: {
        const id = input.int();
        const op = input.text();
        const started = this.#io.begin(op, input.value(), (outcome) => {
          this.#operations.delete(id);
          this.#deliver({ kind: 'done', id, outcome });
        });
        this.#operations.set(id, started);
        return;
      }
      case Request.cancel:
        this.#cancel(input.int());
        return;
      case Request.ended:
        this.#ended();
        return;
      case Request.forget:
        input.forget();
        this.#out.forget();
        this.#release();
        return;
      case Request.cannotBorrow:
        this.#borrows = false;
        return;
      case Request.direct:
        this.#io.call('http.direct', readDirect(input));
        return;
      case Request.block:
        this.#io.begin(input.text(), input.value(), (outcome) => {
          this.#answer(Answer.outcome, outcome);
        });
        return;
      case Request.exchange: {
        const { spec, place } = readSpec(input);
        this.#io.begin('http.exchange', spec, (outcome) => {
          this.#exchanged(outcome, place, -1);
        });
        return;
      }
      case Request.resume: {
        const { spec, place } = readSpec(input);
        const { slot, ...progress } = readProgress(input);
        this.#io.begin('http.resume', { spec, place, ...progress }, (outcome) => {
          this.#exchanged(outcome, place, slot);
        });
        return;
      }
      case Request.call:
        this.#answer(Answer.outcome, this.#io.call(input.text(), input.value()));
        return;
      case Request.metric: {
        const [name, type, contains] = input.value() as [string, MetricType, ValueKind];
        const outcome = this.#services.metric(name, type, contains);
        if (outcome.ok) this.#metrics[outcome.value.id] = outcome.value;
        this.#answer(Answer.outcome, outcome);
        return;
      }
      case Request.idle:
        this.#idle = true;
        this.#next();
        return;
      case Request.flush:
        this.#answer(Answer.flushed, undefined);
        return;
      case Request.halt: {
        const start = input.double();
        const tags = input.value() as TagSet;
        const metadata = input.value() as LogFields | undefined;
        const { message } = input.value() as { message: string };
        this.kill();
        this.#onEnded({ kind: 'halted', message, start, end: this.#services.now(), tags, metadata });
        return;
      }
      default:
        throw new Error(`unknown record ${kind} from a VU's thread`);
    }
  }

  /**
   * @param place of the request
   * @param slot where the worker keeps the answer it has handed over
   */
  #exchanged(outcome: Outcome<unknown>, place: number, slot: number): void {
    if (!this.#alive) return;
    const out = this.#out;
    out.byte(Answer.outcome);
    writeOutcome(out, outcome as Outcome<ExchangeResult>);
    this.#pool.exchanged();
    if (this.#lends) {
      const warm = this.#borrows && this.#exchanges++ >= this.#pool.lendAfter;
      const lent = warm && this.#io.call('http.lend', { thread: this.#thread, place, slot });
      writeLent(out, lent !== false && lent.ok ? (lent.value as Lent) : NOTHING_LENT);
    }
    this.#channel.answer(out.take());
  }

  #ended(): void {
    const input = this.#in;
    const start = input.double();
    const end = input.double();
    const tags = input.value() as TagSet;
    const metadata = input.value() as LogFields | undefined;
    const failure = input.value() as Failure | undefined;
    const result = input.value() as string | undefined;
    this.#begun = input.value() as number | undefined;
    this.#onEnded({ kind: 'ended', outcome: { start, end, failure, result }, tags, metadata });
  }

  #cancel(id: number): void {
    const operation = this.#operations.get(id);
    this.#operations.delete(id);
    if (operation !== undefined) this.#io.cancel(operation);
    // It may have ended already, and its event wait in line.
    const at = this.#events.findIndex((event) => event.kind === 'done' && event.id === id);
    if (at >= 0) this.#events.splice(at, 1);
  }

  #deliver(event: Event): void {
    this.#events.push(event);
    this.#next();
  }

  /** Gives an idle worker its next event: one at a time, as its microtasks come in between. */
  #next(): void {
    if (!this.#idle || !this.#alive) return;
    const event = this.#events.shift();
    if (event === undefined) return;
    this.#idle = false;
    const out = this.#out;
    if (event.kind === 'run') {
      out.byte(Answer.run);
      writeCall(out, event.call, event.lease?.terms);
      this.#channel.allow(event.lease?.left() ?? 0);
    } else {
      out.byte(Answer.done);
      out.int(event.id);
      out.value(event.outcome);
    }
    this.#channel.answer(out.take());
  }

  #answer(kind: number, value: unknown): void {
    if (!this.#alive) return;
    this.#out.byte(kind);
    this.#out.value(value);
    this.#channel.answer(this.#out.take());
  }
}
