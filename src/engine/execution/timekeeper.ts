/**
 * A clock with a grain finer than a timer's millisecond. A thread of its own sleeps until the next call is due and rings: to
 * sleep by parts of a millisecond is possible only for a thread that does nothing else. That costs two wake-ups a call, where
 * spinning would cost a processor. It does not keep the process alive.
 */
import { performance } from 'node:perf_hooks';
import type { Worker } from 'node:worker_threads';
import { type Clock, systemClock } from '../executors/clock.ts';
import { monotonic } from './monotonic.ts';
import { smallThread } from './small-thread.ts';
import { TIME_BYTES, TimeCell, type TimekeeperMemory, WORD_BYTES, WordCell } from './timekeeper-memory.ts';

/** How late a ring is heard, in milliseconds, where nothing is in its way: the kernel's slack and two switches of threads. */
const GRAIN = 0.1;

/** Milliseconds that the time told before and the time asked for then may differ. */
const ROUNDING = 0.01;

interface Alarm {
  readonly at: number;
  readonly callback: () => void;
  readonly next: number;
}

export class Timekeeper implements Clock {
  readonly grain = GRAIN;
  readonly #times = new Float64Array(new SharedArrayBuffer(TIME_BYTES));
  readonly #words = new Int32Array(new SharedArrayBuffer(WORD_BYTES));
  readonly #worker: Worker;
  readonly #offset = offset();
  /** In the order of time: one a scenario. */
  readonly #alarms: Alarm[] = [];
  #ended = false;
  /** The thread is gone, which nothing here leads to: timers do its work. */
  #alone = false;
  #cancelTimer: () => void = () => undefined;

  private constructor() {
    const memory: TimekeeperMemory = { times: this.#times, words: this.#words };
    this.#worker = smallThread('timekeeper.js', memory);
  }

  /** Settles when the keeping thread is at its work; rejects when it cannot be. */
  static async start(): Promise<Timekeeper> {
    const keeper = new Timekeeper();
    const worker = keeper.#worker;
    await new Promise<void>((resolve, reject) => {
      worker.ref();
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.once('exit', reject);
    });
    worker.unref();
    worker.once('exit', () => keeper.#die());
    keeper.#listen();
    return keeper;
  }

  now(): number {
    return monotonic() - this.#offset;
  }

  wall(at: number): number {
    return systemClock.wall(at);
  }

  soon(callback: () => void): void {
    systemClock.soon(callback);
  }

  at(at: number, callback: () => void, next = Infinity): () => void {
    const alarms = this.#alarms;
    const alarm = { at: at + this.#offset, callback, next: next + this.#offset };
    let place = alarms.length;
    while (place > 0 && (alarms[place - 1] as Alarm).at > alarm.at) place--;
    alarms.splice(place, 0, alarm);
    if (place === 0) this.#arm();
    return () => {
      const found = alarms.indexOf(alarm);
      if (found >= 0) alarms.splice(found, 1);
    };
  }

  /** Ends the keeping thread; what still waits is never called. */
  async stop(): Promise<void> {
    this.#alarms.length = 0;
    this.#ended = true;
    await this.#worker.terminate();
  }

  #arm(): void {
    const [first, second] = this.#alarms;
    if (first === undefined || this.#ended) return;
    if (this.#alone) {
      this.#cancelTimer();
      this.#cancelTimer = systemClock.at(first.at - this.#offset, this.#rung);
      return;
    }
    const times = this.#times;
    const words = this.#words;
    times[TimeCell.due] = first.at;
    times[TimeCell.next] = Math.min(first.next, second?.at ?? Infinity);
    Atomics.store(words, WordCell.armed, 1);
    Atomics.add(words, WordCell.version, 1);
    // It wakes up by itself before that, nearly always, as it was told when the next one would be due.
    if (first.at < (times[TimeCell.asleepUntil] as number) - ROUNDING) Atomics.notify(words, WordCell.version);
  }

  #listen(): void {
    const waiting = Atomics.waitAsync(this.#words, WordCell.ringing, 0);
    if (waiting.async) void waiting.value.then(this.#rung);
    else systemClock.soon(this.#rung);
  }

  readonly #rung = (): void => {
    if (this.#ended) return;
    if (!this.#alone) {
      Atomics.store(this.#words, WordCell.ringing, 0);
      // All is ready for the next ring before the callback runs, from which V8 may never come back (see the watchdog).
      this.#listen();
    }
    const [first] = this.#alarms;
    const due = first !== undefined && first.at <= monotonic();
    if (due) this.#alarms.shift();
    this.#arm();
    if (due) first.callback();
  };

  #die(): void {
    this.#alone = true;
    this.#arm();
  }
}

/** From the clock of this thread to the one that threads share: the best of some readings, as one may be interrupted. */
function offset(): number {
  let [best, shortest] = [0, Infinity];
  for (let i = 0; i < 5; i++) {
    const before = monotonic();
    const here = performance.now();
    const after = monotonic();
    if (after - before >= shortest) continue;
    shortest = after - before;
    best = (before + after) / 2 - here;
  }
  return best;
}
