/** A VU's host on the engine thread itself. */
import type {
  ArgOf,
  AsyncOp,
  AsyncOps,
  CallOp,
  CallOps,
  LogLevel,
  Outcome,
  ResultOf,
  VuHost,
} from '../contracts/host.ts';
import type { Metric, MetricType, SampleSink, TagSpace, ValueKind } from '../contracts/metrics.ts';
import type { Services } from './services.ts';
import type { EngineIo } from './vu-io.ts';

/** Carries out an operation while this thread stands still. */
export type BlockThread = (op: string, arg: unknown) => Outcome<unknown>;

export class LocalHost implements VuHost {
  readonly tagSpace: TagSpace;
  readonly samples: SampleSink;
  readonly #services: Services;
  readonly #io: EngineIo;
  readonly #block: BlockThread;
  readonly #afterEvent: (() => void) | undefined;

  /** @param afterEvent called when an operation's callback has run */
  constructor(services: Services, io: EngineIo, block: BlockThread, afterEvent?: () => void) {
    this.tagSpace = services.tagSpace;
    this.samples = services.samples;
    this.#services = services;
    this.#io = io;
    this.#block = block;
    this.#afterEvent = afterEvent;
  }

  metric(name: string, type: MetricType, contains: ValueKind): Outcome<Metric> {
    return this.#services.metric(name, type, contains);
  }

  now(): number {
    return this.#services.now();
  }

  log(level: LogLevel, message: string, source?: 'console'): void {
    this.#services.log(level, message, source === undefined ? undefined : { source });
  }

  call<O extends CallOp>(op: O, arg: ArgOf<CallOps[O]>): Outcome<ResultOf<CallOps[O]>> {
    return this.#io.call(op, arg) as Outcome<ResultOf<CallOps[O]>>;
  }

  begin<O extends AsyncOp>(
    op: O,
    arg: ArgOf<AsyncOps[O]>,
    done: (outcome: Outcome<ResultOf<AsyncOps[O]>>) => void,
  ): number {
    const then = done as (outcome: Outcome<unknown>) => void;
    const after = this.#afterEvent;
    if (after === undefined) return this.#io.begin(op, arg, then);
    return this.#io.begin(op, arg, (outcome) => {
      then(outcome);
      after();
    });
  }

  cancel(id: number): void {
    this.#io.cancel(id);
  }

  blockThread<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Outcome<ResultOf<AsyncOps[O]>> {
    return this.#block(op, arg) as Outcome<ResultOf<AsyncOps[O]>>;
  }
}
