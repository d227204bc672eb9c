/** The I/O side of one VU, on its engine thread: its running operations and what their handlers are given. */
import type { LogLevel, Outcome, VuIo } from '../contracts/host.ts';
import type { Metric, MetricType, SampleSink, TagSpace, ValueKind } from '../contracts/metrics.ts';
import type { ScenarioContext } from '../contracts/vu.ts';
import { asyncHandler, callHandler, type LogFields, type Services } from './services.ts';

type Done = (outcome: Outcome<unknown>) => void;
type AnyHandler = (io: VuIo, arg: unknown, done: Done) => (() => void) | undefined;

const failed = (message: string): Outcome<never> => ({ ok: false, name: 'Error', message });

/** What an I/O side needs of its thread. */
export type IoServices = Pick<Services, 'handlers' | 'tagSpace' | 'samples' | 'metric' | 'now' | 'log'>;

export class EngineIo implements VuIo {
  readonly vuId: number;
  readonly tagSpace: TagSpace;
  readonly samples: SampleSink;
  readonly traffic = { sent: 0, received: 0 };
  readonly state = new Map<string, unknown>();
  /** Takes `vu.halt` on a VU of this thread. */
  onHalt: ((message: string) => void) | undefined = undefined;
  /** The scenario of the running iteration. */
  scenario: ScenarioContext | undefined = undefined;
  startDelay: number | undefined = undefined;
  /** Iterations begun so far. */
  iterations = 0;
  readonly #services: IoServices;
  readonly #running = new Map<number, (() => void) | undefined>();
  /** Made when someone asks for the signal: it is large, and thousands of VUs never need it. */
  #abort: AbortController | undefined;
  #lastId = 0;

  constructor(services: IoServices, vuId: number) {
    this.#services = services;
    this.vuId = vuId;
    this.tagSpace = services.tagSpace;
    this.samples = services.samples;
  }

  get signal(): AbortSignal {
    return (this.#abort ??= new AbortController()).signal;
  }

  /** `done` is called once, never during `begin`, and never after `cancel` or `interrupt`. */
  begin(op: string, arg: unknown, done: Done): number {
    const id = ++this.#lastId;
    let starting = true;
    const finish: Done = (outcome) => {
      if (starting) {
        setImmediate(finish, outcome);
        return;
      }
      if (this.#running.delete(id)) done(outcome);
    };
    this.#running.set(id, undefined);
    const handler = asyncHandler(this.#services.handlers, op) as AnyHandler | undefined;
    if (op === 'vu.halt') this.onHalt?.((arg as { readonly message: string }).message);
    else if (handler === undefined) finish(failed(`the operation ${op} is not available here`));
    else {
      try {
        this.#running.set(id, handler(this, arg, finish));
      } catch (error) {
        finish(failed(`${op}: ${error instanceof Error ? error.message : String(error)}`));
      }
    }
    starting = false;
    return id;
  }

  cancel(id: number): void {
    const cancel = this.#running.get(id);
    if (this.#running.delete(id)) cancel?.();
  }

  /** Never throws: what a handler throws becomes a failure. */
  call(op: string, arg: unknown): Outcome<unknown> {
    if (op === 'vu.progress') return { ok: true, value: this.scenario?.progress() ?? 0 };
    const handler = callHandler(this.#services.handlers, op);
    if (handler === undefined) return failed(`the operation ${op} is not available here`);
    try {
      return handler(this, arg as never);
    } catch (error) {
      return failed(`${op}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Ends all pending operations. */
  interrupt(): void {
    const cancels = [...this.#running.values()];
    this.#running.clear();
    for (const cancel of cancels) cancel?.();
    this.#abort?.abort();
    this.#abort = undefined;
  }

  metric(name: string, type: MetricType, contains: ValueKind): Metric {
    const outcome = this.#services.metric(name, type, contains);
    if (!outcome.ok) throw new Error(outcome.message);
    return outcome.value;
  }

  now(): number {
    return this.#services.now();
  }

  log(level: LogLevel, message: string, fields?: LogFields): void {
    this.#services.log(level, message, fields);
  }
}
