/**
 * Small requests wait here for the end of the event loop's turn and go out together: until then the loop reads what else
 * has come in. On loopback a write delivers inside the call, and answers that wait meanwhile would look slower than they
 * were; and a server that is woken once for many requests answers more.
 */
import { now } from './clock.ts';

/** A request that is ready to be written. */
export interface Outgoing {
  /**
   * Writes it.
   * @param start wall-clock milliseconds
   * @returns the time after it
   */
  flush(start: number): number;
}

const waiting: (Outgoing | undefined)[] = [];
let count = 0;

export function enqueue(request: Outgoing): void {
  waiting[count++] = request;
  if (count === 1) setImmediate(flushOutbox);
}

/** To be called by hand when code was ended from outside, as immediates may be lost by that. */
export function flushOutbox(): void {
  let time = now();
  for (let i = 0; i < count; i++) {
    const request = waiting[i];
    waiting[i] = undefined;
    if (request !== undefined) time = request.flush(time);
  }
  count = 0;
}
