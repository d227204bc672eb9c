import type { Vu } from '../contracts/vu.ts';
import type { ExecutorHost } from './types.ts';

/**
 * Runs iterations on a VU, one after the other, while `next` allows it. An iteration that ends without ever waiting
 * lets pending I/O have its turn before the next one, so that no script can starve timers and other VUs.
 */
export class VuLoop {
  readonly #host: ExecutorHost;
  readonly #vu: Vu;
  readonly #next: () => boolean;
  readonly #onEnd: () => void;
  #winding = false;
  #cut = false;
  #running = false;
  /** True while the iteration is being started: an end that comes now came at once. */
  #starting = false;

  constructor(host: ExecutorHost, vu: Vu, next: () => boolean, onEnd: () => void) {
    this.#host = host;
    this.#vu = vu;
    this.#next = next;
    this.#onEnd = onEnd;
  }

  /**
   * The first iteration begins in a turn of its own: when an endless loop in the script is ended from outside, whoever
   * called this must not be ended with it.
   */
  start(): void {
    this.#host.clock.soon(() => this.#turn());
  }

  #turn(): void {
    if (this.#cut || this.#winding || !this.#next()) {
      this.#onEnd();
      return;
    }
    this.#running = true;
    this.#starting = true;
    this.#host.iterate(this.#vu, this.#ended);
    this.#starting = false;
  }

  /** No further iteration; the running one goes on. */
  wind(): void {
    this.#winding = true;
  }

  /** Takes back `wind`, unless the loop has already ended. */
  rewind(): void {
    this.#winding = false;
  }

  /** Ends the running iteration too. */
  cut(reason: string): void {
    this.#cut = true;
    if (this.#running) this.#vu.interrupt(reason);
  }

  readonly #ended = (): void => {
    this.#running = false;
    if (this.#starting) this.start();
    else this.#turn();
  };
}
