/** After so many in a row that were new, only every {@link SELDOM}th is worth keeping. */
const PATIENCE = 8;
const SELDOM = 64;

/**
 * Whether the last one of something is worth keeping, to be recognised when it comes again. Where each is different (an id in
 * a header, a time in a body), keeping them all costs more than it ever brings, most of it in the garbage collector.
 */
export class Patience {
  #news = 0;

  /** One was recognised. */
  known(): void {
    this.#news = 0;
  }

  /** One was new. */
  keeps(): boolean {
    this.#news++;
    return this.#news <= PATIENCE || this.#news % SELDOM === 0;
  }
}
