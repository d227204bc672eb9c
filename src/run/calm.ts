/** Waits until a target that was under load answers quickly again. */
import { setTimeout as delay } from 'node:timers/promises';
import { probeTarget } from './probe.ts';

const pauseMs = 500;
/** So many quick answers in a row; one may be luck. */
const enough = 3;

export interface CalmOptions {
  /** An answer below it is quick. */
  readonly quickMs: number;
  readonly longestMs: number;
  readonly stop: AbortSignal;
}

/** @returns milliseconds until the first of three quick answers in a row; null when they did not come in time */
export async function untilCalm(baseUrl: string, { quickMs, longestMs, stop }: CalmOptions): Promise<number | null> {
  const begun = performance.now();
  let calmSince = 0;
  for (let quick = 0; performance.now() < begun + longestMs && !stop.aborted;) {
    const asked = performance.now();
    const answer = await probeTarget(baseUrl, stop).catch(() => undefined);
    if (answer === undefined || answer.at - asked >= quickMs) quick = 0;
    else if (++quick === 1) calmSince = answer.at - begun;
    if (quick === enough) return calmSince;
    await delay(pauseMs, undefined, { signal: stop }).catch(() => undefined);
  }
  return null;
}
