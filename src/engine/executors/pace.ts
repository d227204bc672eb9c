import type { Clock } from './clock.ts';

/**
 * How much earlier than planned an iteration may begin. Timers have a grain of one millisecond; taking what is due
 * within the next half of it centres the error on zero, without spinning the processor between two iterations.
 */
const LEAD_MS = 0.5;
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
      if (intended - LEAD_MS > now) {
        cancel = clock.at(intended - LEAD_MS, due);
        return;
      }
      next = timeOf(++n);
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
