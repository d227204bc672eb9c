/** How many records of a kind are remembered: a script has a handful of requests. */
export const RECENT = 8;

/** The last records of a kind, the same on both sides: one that comes again is told by its place. */
export class Recent {
  readonly records: unknown[] = [];
  #next = 0;
  /** A bit for each place whose record has come again: it outlasts those that came once. */
  #used = 0;

  /** The record at this place has come again. */
  use(place: number): void {
    this.#used |= 1 << place;
  }

  /** @returns its place */
  keep(record: unknown): number {
    while ((this.#used & (1 << this.#next)) !== 0) {
      this.#used &= ~(1 << this.#next);
      this.#next = (this.#next + 1) % RECENT;
    }
    const place = this.#next;
    this.records[place] = record;
    this.#next = (place + 1) % RECENT;
    return place;
  }

  forget(): void {
    this.records.length = 0;
    this.#next = 0;
    this.#used = 0;
  }
}
