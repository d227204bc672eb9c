/**
 * Time-outs of many requests with one timer. Requests with the same time-out expire in the order they began, so a list
 * per duration is always sorted, and setting and clearing a deadline costs a few pointer writes.
 */

export interface Expiring {
  /** Owned by {@link Deadlines}. */
  deadline: Deadline | undefined;
  expire(): void;
}

interface Deadline {
  readonly owner: Expiring;
  readonly at: number;
  readonly list: List;
  previous: Deadline | undefined;
  next: Deadline | undefined;
}

interface List {
  first: Deadline | undefined;
  last: Deadline | undefined;
  timer: NodeJS.Timeout | undefined;
}

const MAX_DELAY = 2 ** 31 - 1;

export class Deadlines {
  readonly #lists = new Map<number, List>();
  readonly #now: () => number;

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param now the clock's reading, when the caller has just taken it */
  set(owner: Expiring, timeout: number, now: number): void {
    let list = this.#lists.get(timeout);
    if (list === undefined) {
      list = { first: undefined, last: undefined, timer: undefined };
      this.#lists.set(timeout, list);
    }
    const deadline: Deadline = { owner, at: now + timeout, list, previous: list.last, next: undefined };
    owner.deadline = deadline;
    if (list.last === undefined) list.first = deadline;
    else list.last.next = deadline;
    list.last = deadline;
    list.timer ??= this.#arm(list, timeout, timeout);
  }

  clear(owner: Expiring): void {
    const { deadline } = owner;
    if (deadline === undefined) return;
    owner.deadline = undefined;
    const { list, previous, next } = deadline;
    if (previous === undefined) list.first = next;
    else previous.next = next;
    if (next === undefined) list.last = previous;
    else next.previous = previous;
  }

  /** A timer stays armed when its list becomes empty: the next request is likely to come before it fires. */
  #arm(list: List, timeout: number, delay: number): NodeJS.Timeout {
    return setTimeout(() => this.#sweep(list, timeout), Math.min(Math.max(Math.ceil(delay), 1), MAX_DELAY)).unref();
  }

  #settle(list: List, timeout: number, now: number): void {
    if (list.timer !== undefined) return;
    if (list.first === undefined) this.#lists.delete(timeout);
    else list.timer = this.#arm(list, timeout, list.first.at - now);
  }

  #sweep(list: List, timeout: number): void {
    list.timer = undefined;
    const now = this.#now();
    while (list.first !== undefined && list.first.at <= now) {
      const { owner } = list.first;
      this.clear(owner);
      owner.expire();
    }
    // An owner may have set a new deadline, and so armed the timer, while it expired.
    this.#settle(list, timeout, now);
  }
}
