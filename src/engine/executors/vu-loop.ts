import type { Vu } from '../contracts/vu.ts';
import type { ExecutorHost } from './types.ts';

export interface VuLoop {
  /** No further iteration; the running one goes on. */
  wind(): void;
  /** Takes back `wind`, unless the loop has already ended. */
  rewind(): void;
  /** Ends the running iteration too. */
  cut(reason: string): void;
}

/**
 * Runs iterations on a VU, one after the other, while `next` allows it. An iteration that ends without ever waiting
 * lets pending I/O have its turn before the next one, so that no script can starve timers and other VUs.
 */
export function loopVu(host: ExecutorHost, vu: Vu, next: () => boolean, onEnd: () => void): VuLoop {
  let winding = false;
  let cut = false;
  let starting = false;
  let endedAtOnce = false;
  let running = false;
  const turn = (): void => {
    if (cut || winding || !next()) {
      onEnd();
      return;
    }
    running = true;
    starting = true;
    endedAtOnce = false;
    host.iterate(vu, ended);
    starting = false;
    if (endedAtOnce) host.clock.soon(turn);
  };
  const ended = (): void => {
    running = false;
    if (starting) endedAtOnce = true;
    else turn();
  };
  turn();
  return {
    wind: () => void (winding = true),
    rewind: () => void (winding = false),
    cut(reason) {
      cut = true;
      if (running) vu.interrupt(reason);
    },
  };
}
