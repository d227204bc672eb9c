/** The records in a worker's frames, and the engine's answers. */
import type { GuestConfig } from '../../guest/main.ts';
import type { ScriptProgram } from '../../contracts/script.ts';
import type { Bell, ChannelMemory } from './channel.ts';
import type { MessagePort } from 'node:worker_threads';

/** A frame is any number of the first kind of records and ends with one of the second, which the engine answers. */
export const Request = {
  sample: 1,
  check: 2,
  group: 3,
  log: 4,
  begin: 5,
  cancel: 6,
  /** The running function has ended; with the number of the iteration that has begun after it, if any. */
  ended: 7,
  /** Both sides forget what they have told each other; see `WorkerHost`. */
  forget: 8,
  /** The worker has made an exchange by itself. */
  direct: 9,
  /** The worker cannot use what is lent to it. */
  cannotBorrow: 10,

  /** Waits for the outcome of an operation. */
  block: 20,
  /** The same for a request. */
  exchange: 26,
  /** Waits for the outcome of a request that the worker itself has begun. */
  resume: 27,
  /** Waits for the outcome of a call operation. */
  call: 21,
  metric: 22,
  /** Waits for whatever comes next. */
  idle: 23,
  /** Waits for nothing: the frame has become large. */
  flush: 24,
  /** Never waits for anything again. */
  halt: 25,
} as const;

export const Answer = {
  outcome: 1,
  flushed: 2,
  /** Run a function of the script. */
  run: 3,
  /** An operation started by `begin` is done. */
  done: 4,
} as const;

/** What a worker is started with. */
export interface WorkerInput {
  readonly program: Pick<ScriptProgram, 'code'>;
  readonly config: Omit<GuestConfig, 'baseTags'>;
  readonly wantedTags: readonly string[] | undefined;
  /** Of the run; see `RunCounters`. */
  readonly counters: SharedArrayBuffer;
  /** Whether connections may be lent to it. */
  readonly borrows: boolean;
  readonly memory: ChannelMemory;
  readonly bell: Bell;
  readonly number: number;
  readonly port: MessagePort;
}
