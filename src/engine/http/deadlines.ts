/**
 * Time-outs of many requests with one timer. Requests with the same time-out expire in the order they began, which is
 * nearly always the order they are told in, so a list per duration stays sorted, and setting and clearing a deadline costs a few pointer writes and no memory.
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

  /** @param now the clock's reading when the time began to run */
  set(owner: Expiring, timeout: number, now: number): void {
    let list = this.#lists.get(timeout);
    if (list === undefined) {
      list = { first: undefined, last: undefined, timer: undefined };
      this.#lists.set(timeout, list);
    }
    owner.deadline = now + timeout;
    owner.list = list;
    let previous = list.last;
    while (previous !== undefined && previous.deadline > owner.deadline) previous = previous.previous;
    const next = previous === undefined ? list.first : previous.next;
    owner.previous = previous;
    owner.next = next;
    if (previous === undefined) list.first = owner;
    else previous.next = owner;
    if (next === undefined) list.last = owner;
    else next.previous = owner;
    if (previous === undefined && next !== undefined) {
      clearTimeout(list.timer);
      list.timer = undefined;
    }
    list.timer ??= this.#arm(list, timeout, owner.deadline - this.#now());
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
