/** The memory that a timekeeper and its thread share; see timekeeper.ts. */

/** What the two threads share. Times are those of `monotonic`. */
export interface TimekeeperMemory {
  readonly times: Float64Array<SharedArrayBuffer>;
  readonly words: Int32Array<SharedArrayBuffer>;
}

export const TimeCell = {
  /** When to ring. */
  due: 0,
  /** When it will probably have to ring after that. */
  next: 1,
  /** Until when the keeping thread sleeps, unless it is woken. */
  asleepUntil: 2,
} as const;
export const TIME_BYTES = 3 * Float64Array.BYTES_PER_ELEMENT;

export const WordCell = {
  /** Changes with `due`, so that the keeping thread cannot fall asleep on an old one. */
  version: 0,
  /** 1 while `due` was not rung for. */
  armed: 1,
  ringing: 2,
} as const;
export const WORD_BYTES = 3 * Int32Array.BYTES_PER_ELEMENT;
