/**
 * The shared memory between a worker and its engine thread. The worker sends a frame and stands still until the engine
 * answers; or it posts a frame and goes on, and may take it back as long as the engine has not begun to read it. Frames
 * use two places in turn, so that one can be written while the other is read. A frame that does not fit goes through the
 * message port instead.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type Frame, frameIn } from './wire.ts';

/** 0, or 1 + the place of the frame that waits to be read. */
const WAITING = 0;
/** Lengths of the frames in both places. */
const LENGTH = 1;
const ANSWER = 3;
const ANSWER_READY = 4;
/** Iterations that the worker may begin without asking. */
const CREDITS = 5;
/** 1 while the worker loads native code, and must not be ended. */
const LOADING = 6;
const INTS = 7;
const MOST_CREDITS = 2 ** 31 - 1;
/** The length that says: look at the port. */
const ON_PORT = -1;
export const CAPACITY = 64 * 1024;

/** What all workers of an engine thread share to wake it: whether it sleeps, then a bit for each worker that rang. */
export type Bell = Int32Array<SharedArrayBuffer>;

const SLEEPING = 0;
const BITS = 1;

/** @param workers how many numbers there are */
export function createBell(workers: number): Bell {
  return new Int32Array(new SharedArrayBuffer((BITS + Math.ceil(workers / 32)) * 4));
}

declare global {
  // Part of ES2024, and of V8 since 8.7.
  interface Atomics {
    waitAsync(
      array: Int32Array,
      index: number,
      value: number,
    ): { readonly async: false } | { readonly async: true; readonly value: Promise<'ok' | 'timed-out'> };
  }
}

export interface ChannelMemory {
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly requests: readonly [SharedArrayBuffer, SharedArrayBuffer];
  readonly answers: SharedArrayBuffer;
}

export function createChannelMemory(): ChannelMemory {
  return {
    control: new Int32Array(new SharedArrayBuffer(INTS * 4)),
    requests: [new SharedArrayBuffer(CAPACITY), new SharedArrayBuffer(CAPACITY)],
    answers: new SharedArrayBuffer(CAPACITY),
  };
}

function write(to: Frame, frame: Uint8Array, port: MessagePort): number {
  if (frame.length <= to.bytes.length) {
    to.bytes.set(frame);
    return frame.length;
  }
  // The frame's own memory is used again by its encoder.
  port.postMessage(new Uint8Array(frame));
  return ON_PORT;
}

function read(from: Frame, length: number, port: MessagePort): Frame {
  if (length !== ON_PORT) {
    from.length = length;
    return from;
  }
  const received = receiveMessageOnPort(port) as { message: Uint8Array } | undefined;
  if (received === undefined) throw new Error('a frame announced on the port is missing');
  return frameIn(received.message.buffer, received.message.length);
}

/** The worker's end. */
export class WorkerChannel {
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #requests: readonly [Frame, Frame];
  readonly #answers: Frame;
  readonly #bell: Bell;
  readonly #number: number;
  readonly #port: MessagePort;
  // Plain fields, not methods: at the end of its stack a script can end any call, but no assignment.
  /** Where the next frame goes. */
  place: 0 | 1 = 0;
  /** The engine has got a frame that it answers, or is about to get it. */
  asked = false;

  constructor(memory: ChannelMemory, bell: Bell, number: number, port: MessagePort) {
    this.#control = memory.control;
    this.#requests = places(memory);
    this.#answers = frameIn(memory.answers);
    this.#bell = bell;
    this.#number = number;
    this.#port = port;
  }

  /** Stands still until the engine answers; the answer is valid until the next exchange. */
  exchange(frame: Uint8Array): Frame {
    const control = this.#control;
    const { place } = this;
    Atomics.store(control, ANSWER_READY, 0);
    control[LENGTH + place] = write(this.#requests[place], frame, this.#port);
    Atomics.store(control, WAITING, place + 1);
    // No call may stand between these.
    this.asked = true;
    this.place = place === 0 ? 1 : 0;
    this.#await();
    return read(this.#answers, control[ANSWER] as number, this.#port);
  }

  /** Stands still until what the engine was asked has been answered, for nobody. */
  discard(): void {
    this.#await();
    if (this.#control[ANSWER] === ON_PORT) while (receiveMessageOnPort(this.#port) !== undefined);
  }

  #await(): void {
    const control = this.#control;
    this.#ringBell();
    while (Atomics.load(control, ANSWER_READY) === 0) Atomics.wait(control, ANSWER_READY, 0);
  }

  /**
   * Lets the engine read the frame when it comes to it.
   * @param rings wakes it for that
   */
  post(frame: Uint8Array, rings: boolean): void {
    const { place } = this;
    this.#control[LENGTH + place] = write(this.#requests[place], frame, this.#port);
    Atomics.store(this.#control, WAITING, place + 1);
    if (rings) this.#ringBell();
  }

  /** @returns whether the frame posted last has not been read, and never will be; else the next one needs the other place */
  takeBack(): boolean {
    const waiting = this.place + 1;
    return Atomics.compareExchange(this.#control, WAITING, waiting, 0) === waiting;
  }

  get credits(): number {
    return Atomics.load(this.#control, CREDITS);
  }

  set loading(loading: boolean) {
    Atomics.store(this.#control, LOADING, loading ? 1 : 0);
  }

  useCredit(): void {
    Atomics.sub(this.#control, CREDITS, 1);
  }

  #ringBell(): void {
    const bell = this.#bell;
    Atomics.or(bell, BITS + (this.#number >> 5), 1 << (this.#number & 31));
    if (Atomics.exchange(bell, SLEEPING, 0) === 1) Atomics.notify(bell, SLEEPING);
  }
}

function places({ requests: [first, second] }: ChannelMemory): readonly [Frame, Frame] {
  return [frameIn(first), frameIn(second)];
}

/** The engine's end of one worker's channel. */
export class EngineChannel {
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #requests: readonly [Frame, Frame];
  readonly #answers: Frame;
  readonly #port: MessagePort;

  constructor(memory: ChannelMemory, port: MessagePort) {
    this.#control = memory.control;
    this.#requests = places(memory);
    this.#answers = frameIn(memory.answers);
    this.#port = port;
  }

  /** The frame that waits to be read, valid until the next one is received; undefined when there is none. */
  receive(): Frame | undefined {
    const control = this.#control;
    const waiting = Atomics.load(control, WAITING);
    if (waiting === 0 || Atomics.compareExchange(control, WAITING, waiting, 0) !== waiting) return undefined;
    const place = (waiting - 1) as 0 | 1;
    return read(this.#requests[place], control[LENGTH + place] as number, this.#port);
  }

  /** The worker loads native code: its end would be the end of the process. */
  get loading(): boolean {
    return Atomics.load(this.#control, LOADING) === 1;
  }

  /** @param iterations that the worker may begin without asking, in place of what it was allowed before */
  allow(iterations: number): void {
    Atomics.store(this.#control, CREDITS, Math.min(iterations, MOST_CREDITS));
  }

  /** Lets the worker go on. */
  answer(frame: Uint8Array): void {
    const control = this.#control;
    control[ANSWER] = write(this.#answers, frame, this.#port);
    Atomics.store(control, ANSWER_READY, 1);
    Atomics.notify(control, ANSWER_READY);
  }
}

/** Watches the bell on the engine's thread and hands out the numbers of the workers that rang. */
export class BellWatch {
  readonly bell: Bell;
  readonly #onRing: (worker: number) => void;
  #watching = false;
  /** Words of the bell in use. */
  #words = BITS;

  constructor(bell: Bell, onRing: (worker: number) => void) {
    this.bell = bell;
    this.#onRing = onRing;
  }

  /** Watches for the worker with this number too; ends by itself when `stop` was called. */
  start(worker: number): void {
    this.#words = Math.max(this.#words, BITS + (worker >> 5) + 1);
    if (this.#watching) return;
    this.#watching = true;
    this.#turn();
  }

  stop(): void {
    this.#watching = false;
    Atomics.notify(this.bell, SLEEPING);
  }

  /** Never spins: on a machine whose processors are busy that would take their time from the workers. */
  readonly #turn = (): void => {
    if (!this.#watching) return;
    const { bell } = this;
    this.#drain();
    Atomics.store(bell, SLEEPING, 1);
    // Someone may have rung between the last look and falling asleep; connections then have their turn first.
    if (this.#drain()) {
      Atomics.store(bell, SLEEPING, 0);
      setImmediate(this.#turn);
      return;
    }
    const waiting = Atomics.waitAsync(bell, SLEEPING, 1);
    if (waiting.async) void waiting.value.then(this.#turn);
    else setImmediate(this.#turn);
  };

  #drain(): boolean {
    const { bell } = this;
    let any = false;
    for (let word = BITS; word < this.#words; word++) {
      // Atomic, as some processors would otherwise read it before SLEEPING is written, and miss who rings in between.
      if (Atomics.load(bell, word) === 0) continue;
      let bits = Atomics.exchange(bell, word, 0);
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits);
        bits &= ~(1 << bit);
        any = true;
        this.#onRing((word - BITS) * 32 + bit);
      }
    }
    return any;
  }
}
