import { performance } from 'node:perf_hooks';
import { MessageChannel } from 'node:worker_threads';

/** Time as the scheduler sees it, so that tests can drive it. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Wall-clock milliseconds of a monotonic time. */
  wall(monotonic: number): number;
  /** How much later than asked for `at` may call back on an idle thread, in milliseconds. */
  readonly grain: number;
  /**
   * Calls back in a later turn, when `now()` has reached `at`; returns a cancel function.
   * @param next when it will probably be asked to call back after that, which may make it cheaper
   */
  at(at: number, callback: () => void, next?: number): () => void;
  /** Calls back after pending I/O had its turn. */
  soon(callback: () => void): void;
}

/** A timer of Node waits at most this long; a longer wait is made of several. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  grain: 1,
  wall: (monotonic) => performance.timeOrigin + monotonic,
  at(at, callback) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      timer = setTimeout(wake, Math.min(Math.max(0, at - performance.now()), LONGEST_TIMER));
    };
    // Node counts in whole milliseconds, and calls back up to two of them too early.
    const wake = (): void => {
      if (performance.now() < at) arm();
      else callback();
    };
    arm();
    return () => clearTimeout(timer);
  },
  soon,
};

const waiting: (() => void)[] = [];
const { port1: receiver, port2: sender } = new MessageChannel();
let asked = false;
receiver.on('message', runWaiting);
receiver.unref();

/**
 * By a message port and not setImmediate, whose queue does not survive when V8 ends the code it runs (see the
 * watchdog): of this one nothing but the ended callback is lost.
 */
function soon(callback: () => void): void {
  waiting.push(callback);
  ask();
}

function ask(): void {
  if (asked) return;
  asked = true;
  receiver.ref();
  sender.postMessage(undefined);
}

function runWaiting(): void {
  asked = false;
  receiver.unref();
  // What the callbacks ask for waits for the next turn, so that I/O has its own.
  for (let left = waiting.length; left > 0; left--) {
    // The next message is on its way before a callback runs that may never come back.
    if (left > 1) ask();
    waiting.shift()?.();
  }
  if (waiting.length > 0) ask();
}
