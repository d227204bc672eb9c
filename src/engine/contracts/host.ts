/**
 * The border between a script's realm (the guest, `src/engine/guest`) and the engine (the host).
 *
 * Rules that keep a script from reaching Node: a host function never throws into the guest (it returns an
 * {@link Outcome}), and the guest never hands a host object, function, array or buffer to the script: results are
 * primitives, or plain data the guest copies into objects of its own realm.
 */
import type { Metric, MetricType, SampleSink, TagSet, TagSpace, ValueKind } from './metrics.ts';

export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly name: string; readonly message: string };

/**
 * Operations that take time: requests, sleeping, sockets. Each file of `src/engine/ops` and `src/engine/http` adds
 * its own by declaration merging: `interface AsyncOps { 'sleep': { arg: number; result: void } }`.
 * Arguments and results are structured-cloneable, because in exact mode they cross threads. The one host object
 * allowed in an argument is a TagSet under the key `tags` at the top level of the argument (or of the elements of
 * an array argument): the bridge carries it by its wire id.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface AsyncOps {}

/** Operations that answer at once (reading counters, registering a metric, hashing). Same rules. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface CallOps {}

export type AsyncOp = keyof AsyncOps;
export type CallOp = keyof CallOps;
export type ArgOf<T> = T extends { arg: infer A } ? A : never;
export type ResultOf<T> = T extends { result: infer R } ? R : never;

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** What one VU's guest may ask of the engine. One implementation per strategy: same thread, or bridged. */
export interface VuHost {
  readonly tagSpace: TagSpace;
  readonly samples: SampleSink;
  /** Registers (or finds) a metric. Not ok when the name is invalid or taken by another type. */
  metric(name: string, type: MetricType, contains: ValueKind): Outcome<Metric>;
  /** Wall-clock milliseconds, from a monotonic clock. */
  now(): number;
  log(level: LogLevel, message: string, source?: 'console'): void;
  call<O extends CallOp>(op: O, arg: ArgOf<CallOps[O]>): Outcome<ResultOf<CallOps[O]>>;
  /**
   * Starts an operation. `done` is called exactly once, later, from the event loop, never during `begin`; never
   * after `cancel` and never after the VU was interrupted.
   */
  begin<O extends AsyncOp>(
    op: O,
    arg: ArgOf<AsyncOps[O]>,
    done: (outcome: Outcome<ResultOf<AsyncOps[O]>>) => void,
  ): number;
  cancel(id: number): void;
  /** Runs an operation while this thread stands still: exact mode's normal way, the fast path's last resort. */
  blockThread<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Outcome<ResultOf<AsyncOps[O]>>;
}

/** What a host operation's handler is given besides its argument: the I/O side of one VU. */
export interface VuIo {
  readonly vuId: number;
  readonly tagSpace: TagSpace;
  readonly samples: SampleSink;
  /**
   * Bytes on the wire since the VU was made, raised by every operation that owns a socket. The VU turns the growth
   * into data_sent and data_received at the end of an iteration.
   */
  readonly traffic: { sent: number; received: number };
  /** State kept per VU by an operation family (connection pool, open sockets), by family name. */
  readonly state: Record<string, unknown>;
  /** `listener` is called whenever the VU's iteration is interrupted or the VU is disposed: pending I/O must end then. */
  onInterrupt(listener: () => void): void;
  metric(name: string, type: MetricType, contains: ValueKind): Metric;
  /** Milliseconds by which the running iteration began after its intended time; undefined in closed models. */
  readonly startDelay?: number | undefined;
  /** Iterations begun so far. */
  readonly iterations?: number;
  now(): number;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, string>>): void;
}

/** Handlers are callback-style: no promise per request on the hot path. Returns a cancel function where it can. */
export type AsyncOpHandler<O extends AsyncOp> = (
  io: VuIo,
  arg: ArgOf<AsyncOps[O]>,
  done: (outcome: Outcome<ResultOf<AsyncOps[O]>>) => void,
) => (() => void) | undefined;

export type CallOpHandler<O extends CallOp> = (io: VuIo, arg: ArgOf<CallOps[O]>) => Outcome<ResultOf<CallOps[O]>>;

/** The operations an engine thread knows. */
export interface OpHandlers {
  readonly async: { readonly [O in AsyncOp]?: AsyncOpHandler<O> };
  readonly call: { readonly [O in CallOp]?: CallOpHandler<O> };
}

export type { Metric, TagSet };
