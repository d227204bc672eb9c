/** The host as the guest uses it. */
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
} from '../../contracts/host.ts';
import type { Metric, MetricType, SampleSink, TagSet, TagSpace, ValueKind } from '../../contracts/metrics.ts';

/**
 * The host behind methods of this realm that never let an exception of the host's realm through: the one kind it can
 * throw is a stack overflow, provoked by a script that calls near the end of its stack.
 */
export class HostFacade implements VuHost {
  readonly tagSpace: TagSpace;
  readonly samples: SampleFacade;
  readonly #host: VuHost;
  readonly #enter: () => void;
  #open = true;
  #last: Record<'done' | 'entering', (outcome: Outcome<unknown>) => void> | undefined;

  /** @param enter called before the host's callbacks run code of the VU */
  constructor(host: VuHost, enter: () => void) {
    this.#host = host;
    this.#enter = enter;
    this.tagSpace = host.tagSpace;
    this.samples = new SampleFacade(host.samples);
  }

  /**
   * From now on nothing has an effect: code that asked for the end of the test, at a place that cannot be left, goes on
   * until it returns.
   */
  close(): void {
    this.#open = false;
    this.samples.close();
  }

  metric(name: string, type: MetricType, contains: ValueKind): Outcome<Metric> {
    if (!this.#open) return closed();
    try {
      return this.#host.metric(name, type, contains);
    } catch {
      return overflow();
    }
  }

  now(): number {
    try {
      return this.#host.now();
    } catch {
      return overflow();
    }
  }

  log(level: LogLevel, message: string, source?: 'console'): void {
    if (!this.#open) return;
    try {
      this.#host.log(level, message, source);
    } catch {
      overflow();
    }
  }

  call<O extends CallOp>(op: O, arg: ArgOf<CallOps[O]>): Outcome<ResultOf<CallOps[O]>> {
    if (!this.#open) return closed();
    try {
      return this.#host.call(op, arg);
    } catch {
      return overflow();
    }
  }

  begin<O extends AsyncOp>(
    op: O,
    arg: ArgOf<AsyncOps[O]>,
    done: (outcome: Outcome<ResultOf<AsyncOps[O]>>) => void,
  ): number {
    if (!this.#open) return 0;
    try {
      return this.#host.begin(op, arg, this.#entering(done as (outcome: Outcome<unknown>) => void));
    } catch {
      return overflow();
    }
  }

  /** A fiber gives the same function for all its operations. */
  #entering(done: (outcome: Outcome<unknown>) => void): (outcome: Outcome<unknown>) => void {
    if (this.#last?.done === done) return this.#last.entering;
    const enter = this.#enter;
    const entering = (outcome: Outcome<unknown>): void => {
      enter();
      done(outcome);
    };
    this.#last = { done, entering };
    return entering;
  }

  cancel(id: number): void {
    try {
      this.#host.cancel(id);
    } catch {
      overflow();
    }
  }

  blockThread<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Outcome<ResultOf<AsyncOps[O]>> {
    if (!this.#open) return closed();
    try {
      return this.#host.blockThread(op, arg);
    } catch {
      return overflow();
    }
  }
}

class SampleFacade implements SampleSink {
  readonly #samples: SampleSink;
  #open = true;

  constructor(samples: SampleSink) {
    this.#samples = samples;
  }

  close(): void {
    this.#open = false;
  }

  add(metric: Metric, value: number, tags: TagSet, time: number, metadata?: Readonly<Record<string, string>>): void {
    if (!this.#open) return;
    try {
      this.#samples.add(metric, value, tags, time, metadata);
    } catch {
      overflow();
    }
  }

  check(group: string, name: string, passed: boolean): void {
    if (!this.#open) return;
    try {
      this.#samples.check(group, name, passed);
    } catch {
      overflow();
    }
  }

  group(path: string): void {
    if (!this.#open) return;
    try {
      this.#samples.group(path);
    } catch {
      overflow();
    }
  }
}

function closed(): Outcome<never> {
  return { ok: false, name: 'Error', message: 'the test was aborted' };
}

function overflow(): never {
  throw new RangeError('Maximum call stack size exceeded');
}
