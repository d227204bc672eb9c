import { performance } from 'node:perf_hooks';

/** Time as the scheduler sees it, so that tests can drive it. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Wall-clock milliseconds of a monotonic time. */
  wall(monotonic: number): number;
  /** Calls back no earlier than about a millisecond before `at`; returns a cancel function. */
  at(at: number, callback: () => void): () => void;
  /** Calls back after pending I/O had its turn. */
  soon(callback: () => void): void;
}

/** A timer of Node waits at most this long; a longer wait is made of several. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: (monotonic) => performance.timeOrigin + monotonic,
  at(at, callback) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const wait = at - performance.now();
      timer = wait > LONGEST_TIMER ? setTimeout(arm, LONGEST_TIMER) : setTimeout(callback, Math.max(0, wait));
    };
    arm();
    return () => clearTimeout(timer);
  },
  soon: (callback) => void setImmediate(callback),
};
