import type { Lease, LeaseTerms, Vu } from '../contracts/vu.ts';
import type { ExecutorHost } from './types.ts';

/** How an executor lets a VU loop. */
export interface LoopRules {
  /** Asked before an iteration, unless the VU has begun it by its lease. */
  mayBegin(): boolean;
  /** Told of each iteration. */
  begins?(): void;
  /** Of a lease that allows what `mayBegin` allows, for as long as the loop is not wound up. */
  readonly terms: LeaseTerms | undefined;
  /** Iterations that may still begin; infinite unless given. */
  left?(): number;
}

/**
 * Runs iterations on a VU, one after the other, while the rules allow it. An iteration that ends without ever waiting
 * lets pending I/O have its turn before the next one, so that no script can starve timers and other VUs.
 */
export class VuLoop {
  readonly #host: ExecutorHost;
  readonly #vu: Vu;
  readonly #rules: LoopRules;
  readonly #lease: Lease | undefined;
  readonly #onEnd: () => void;
  #winding = false;
  #cut = false;
  #running = false;
  /** True while the iteration is being started: an end that comes now came at once. */
  #starting = false;

  constructor(host: ExecutorHost, vu: Vu, rules: LoopRules, onEnd: () => void) {
    this.#host = host;
    this.#vu = vu;
    this.#rules = rules;
    const { terms } = rules;
    this.#lease = terms && { terms, left: () => (this.#winding ? 0 : (rules.left?.() ?? Infinity)) };
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
    if (!this.#vu.ahead && (this.#cut || this.#winding || !this.#rules.mayBegin())) {
      this.#onEnd();
      return;
    }
    this.#rules.begins?.();
    this.#running = true;
    this.#starting = true;
    this.#host.iterate(this.#vu, this.#ended, undefined, this.#lease);
    this.#starting = false;
  }

  /** No further iteration; the running one goes on. */
  wind(): void {
    this.#winding = true;
    this.#vu.revoke();
  }

  /** Takes back `wind`, unless the loop has already ended. */
  rewind(): void {
    this.#winding = false;
  }

  /** Ends the running iteration too. */
  cut(reason: string): void {
    this.#cut = true;
    if (this.#running) this.#host.interrupt(this.#vu, reason);
  }

  readonly #ended = (): void => {
    this.#running = false;
    if (this.#starting) this.start();
    else this.#turn();
  };
}
