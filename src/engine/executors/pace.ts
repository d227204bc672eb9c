import type { Clock } from './clock.ts';

/**
 * Begins on end when they are this late. After a slow start many are due at once: what was begun has to be sent, and
 * answers have to be read, before all VUs are taken.
 */
const LATE_ON_END = 10;
const LATE_MS = 2;

export interface Pacing {
  /** Begins what is due by now, timers or not. */
  catchUp(): void;
  stop(): void;
}

/**
 * Begins iterations along one timeline. It never drifts, because every time is computed from the start, and needs one
 * timer however many iterations are due.
 * @param timeOf offset from the start of the nth begin (zero-based, ascending); undefined ends the timeline
 */
export function pace(
  clock: Clock,
  startAt: number,
  timeOf: (n: number) => number | undefined,
  begin: (intended: number) => void,
): Pacing {
  let n = 0;
  let stopped = false;
  let cancel: (() => void) | undefined;
  let next = timeOf(0);
  let following = next === undefined ? undefined : timeOf(1);
  const due = (): void => {
    cancel = undefined;
    run(LATE_ON_END);
  };
  const run = (lateOnEnd: number): void => {
    cancel?.();
    cancel = undefined;
    for (let late = 0; !stopped && next !== undefined;) {
      const intended = startAt + next;
      const now = clock.now();
      if (now - intended > LATE_MS && ++late > lateOnEnd) {
        clock.soon(due);
        return;
      }
      // A clock may call back late by its grain: asking it half of that too early centres the error on zero.
      const wake = intended - clock.grain / 2;
      if (wake > now) {
        cancel = clock.at(wake, due, following === undefined ? undefined : wake + following - next);
        return;
      }
      next = following;
      following = next === undefined ? undefined : timeOf(++n + 1);
      begin(intended);
    }
  };
  // In a turn of its own, see VuLoop.
  clock.soon(due);
  return {
    catchUp: () => {
      run(Infinity);
    },
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
