/**
 * Time-outs of many requests with one timer. Requests with the same time-out expire in the order they began, so a list
 * per duration is always sorted, and setting and clearing a deadline costs a few pointer writes and no memory.
 */

/** A link of a list; the fields are those of {@link Deadlines}. */
export abstract class Expiring {
  deadline = 0;
  list: DeadlineList | undefined = undefined;
  previous: Expiring | undefined = undefined;
  next: Expiring | undefined = undefined;
  abstract expire(): void;
}

interface DeadlineList {
  first: Expiring | undefined;
  last: Expiring | undefined;
  timer: NodeJS.Timeout | undefined;
}

const MAX_DELAY = 2 ** 31 - 1;

export class Deadlines {
  readonly #lists = new Map<number, DeadlineList>();
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
    owner.deadline = now + timeout;
    owner.list = list;
    owner.previous = list.last;
    owner.next = undefined;
    if (list.last === undefined) list.first = owner;
    else list.last.next = owner;
    list.last = owner;
    list.timer ??= this.#arm(list, timeout, timeout);
  }

  clear(owner: Expiring): void {
    const { list, previous, next } = owner;
    if (list === undefined) return;
    owner.list = owner.previous = owner.next = undefined;
    if (previous === undefined) list.first = next;
    else previous.next = next;
    if (next === undefined) list.last = previous;
    else next.previous = previous;
  }

  /** A timer stays armed when its list becomes empty: the next request is likely to come before it fires. */
  #arm(list: DeadlineList, timeout: number, delay: number): NodeJS.Timeout {
    return setTimeout(() => this.#sweep(list, timeout), Math.min(Math.max(Math.ceil(delay), 1), MAX_DELAY)).unref();
  }

  #sweep(list: DeadlineList, timeout: number): void {
    list.timer = undefined;
    const now = this.#now();
    while (list.first !== undefined && list.first.deadline <= now) {
      const owner = list.first;
      this.clear(owner);
      owner.expire();
    }
    this.#settle(list, timeout, now);
  }

  /** An owner may have set a new deadline, and so armed the timer, while it expired. */
  #settle(list: DeadlineList, timeout: number, now: number): void {
    if (list.timer !== undefined) return;
    if (list.first === undefined) this.#lists.delete(timeout);
    else list.timer = this.#arm(list, timeout, list.first.deadline - now);
  }
}
