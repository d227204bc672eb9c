/**
 * Small requests wait here for the end of the event loop's turn and go out together: until then the loop reads what else
 * has come in. On loopback a write delivers inside the call, and answers that wait meanwhile would look slower than they
 * were; and a server that is woken once for many requests answers more.
 *
 * A server that has answered most of what it was sent is about to sleep, and waking it is the dearest part of a request: as
 * much as two others where the processors are virtual. So when most answers are in, the rest of them are read as well
 * before the next requests go out. While the server has enough to do they do not wait.
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
/** How many were waiting at the end of the turn before. */
let before = 0;
/** Requests that were written and are not yet answered. */
let underWay = 0;

export function enqueue(request: Outgoing): void {
  waiting[count++] = request;
  if (count > 1) return;
  before = 0;
  setImmediate(endTurn);
}

/** A request was written. */
export function written(): void {
  underWay++;
}

/** It was answered, or its connection is gone. */
export function answered(): void {
  underWay--;
}

function endTurn(): void {
  if (underWay <= 0 || underWay > count || count === before) flushOutbox();
  else {
    before = count;
    setImmediate(endTurn);
  }
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
