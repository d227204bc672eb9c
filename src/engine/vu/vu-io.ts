/** The I/O side of one VU, on its engine thread: its running operations and what their handlers are given. */
import type { LogLevel, Outcome, VuIo } from '../contracts/host.ts';
import type { Metric, MetricType, SampleSink, TagSpace, ValueKind } from '../contracts/metrics.ts';
import type { ScenarioContext } from '../contracts/vu.ts';
import { asyncHandler, callHandler, type LogFields, type Services } from './services.ts';

/** An operation under way. */
interface Running {
  readonly id: number;
  cancel: (() => void) | undefined;
}

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
  readonly state: Record<string, unknown> = {};
  /** Takes `vu.halt` on a VU of this thread. */
  onHalt: ((message: string) => void) | undefined = undefined;
  /** The scenario of the running iteration. */
  scenario: ScenarioContext | undefined = undefined;
  startDelay: number | undefined = undefined;
  /** Iterations begun so far. */
  iterations = 0;
  readonly #services: IoServices;
  /** The operation begun last, while it runs: nearly always the only one. */
  #newest: Running | undefined;
  /** Those begun before it that still run. */
  #older: Map<number, Running> | undefined;
  readonly #listeners: (() => void)[] = [];
  #lastId = 0;

  constructor(services: IoServices, vuId: number) {
    this.#services = services;
    this.vuId = vuId;
    this.tagSpace = services.tagSpace;
    this.samples = services.samples;
  }

  onInterrupt(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** `done` is called once, never during `begin`, and never after `cancel` or `interrupt`. */
  begin(op: string, arg: unknown, done: Done): number {
    const id = ++this.#lastId;
    const running: Running = { id, cancel: undefined };
    if (this.#newest !== undefined) (this.#older ??= new Map()).set(this.#newest.id, this.#newest);
    this.#newest = running;
    let starting = true;
    const finish: Done = (outcome) => {
      if (starting) setImmediate(finish, outcome);
      else if (this.#end(id) !== undefined) done(outcome);
    };
    const handler = asyncHandler(this.#services.handlers, op) as AnyHandler | undefined;
    if (op === 'vu.halt') this.onHalt?.((arg as { readonly message: string }).message);
    else if (handler === undefined) finish(failed(`the operation ${op} is not available here`));
    else {
      try {
        running.cancel = handler(this, arg, finish);
      } catch (error) {
        finish(failed(`${op}: ${error instanceof Error ? error.message : String(error)}`));
      }
    }
    starting = false;
    return id;
  }

  cancel(id: number): void {
    this.#end(id)?.cancel?.();
  }

  /** Takes the operation off the list; undefined when it is no longer there. */
  #end(id: number): Running | undefined {
    const newest = this.#newest;
    if (newest?.id === id) {
      this.#newest = undefined;
      return newest;
    }
    const older = this.#older?.get(id);
    if (older !== undefined) this.#older?.delete(id);
    return older;
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
    const ended = [...(this.#older?.values() ?? [])];
    if (this.#newest !== undefined) ended.push(this.#newest);
    this.#newest = undefined;
    this.#older = undefined;
    for (const { cancel } of ended) cancel?.();
    for (const listener of this.#listeners) listener();
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
