/** k6/experimental/streams. */
import { type GuestContext, type ModuleFactory, promiseOf, type ScriptFunction } from '../../runtime/api.ts';
import { asText, describe } from '../bytes.ts';
import { Lock, type Source, StreamState, type Strategy } from './stream.ts';

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, what: string): Fields {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null) return value as Fields;
  throw new TypeError(`${what} must be an object, not ${describe(value)}`);
}

function method(fields: Fields, name: string): ScriptFunction | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'function') throw new TypeError(`${name} must be a function, not ${describe(value)}`);
  return value as ScriptFunction;
}

function markOf(fields: Fields): number {
  const mark = fields['highWaterMark'] === undefined ? 1 : Number(fields['highWaterMark']);
  if (Number.isNaN(mark) || mark < 0) throw new RangeError('highWaterMark must be a number of at least 0');
  return mark;
}

function strategyOf(value: unknown): Strategy {
  const fields = fieldsOf(value, 'the queuing strategy');
  const size = method(fields, 'size');
  return { highWaterMark: markOf(fields), size: (chunk) => (size ? Reflect.apply(size, undefined, [chunk]) : 1) };
}

class CountQueuingStrategy {
  readonly highWaterMark: number;
  constructor(options?: unknown) {
    this.highWaterMark = markOf(fieldsOf(options, 'the options of CountQueuingStrategy'));
  }
  size(): number {
    return 1;
  }
}

class Controller {
  readonly #state: StreamState;
  constructor(state: StreamState) {
    this.#state = state;
  }
  get desiredSize(): number | null {
    return this.#state.desiredSize;
  }
  enqueue(chunk: unknown): void {
    this.#state.enqueue(chunk);
  }
  close(): void {
    this.#state.close();
  }
  error(reason: unknown): void {
    this.#state.fail(reason);
  }
}
Object.defineProperty(Controller, 'name', { value: 'ReadableStreamDefaultController' });

function sourceOf(value: unknown, controller: Controller): Source {
  const fields = fieldsOf(value, 'the underlying source');
  if (fields['type'] !== undefined && fields['type'] !== 'default') {
    throw new RangeError(`a stream of type "${asText(fields['type'])}" is not supported`);
  }
  const bind = (name: string, argument?: Controller) => {
    const fn = method(fields, name);
    return fn && ((reason?: unknown) => Reflect.apply(fn, value, [argument ?? reason]));
  };
  return { start: bind('start', controller), pull: bind('pull', controller), cancel: bind('cancel') };
}

export interface Streams {
  readonly CountQueuingStrategy: unknown;
  readonly ReadableStream: new (source?: unknown, strategy?: unknown) => object;
  readonly ReadableStreamDefaultReader: unknown;
}

export function createStreams(ctx: GuestContext): Streams {
  let stateOf: (stream: ReadableStream) => StreamState;

  class ReadableStream {
    readonly #state: StreamState;
    static {
      stateOf = (stream) => stream.#state;
    }
    constructor(source?: unknown, strategy?: unknown) {
      this.#state = new StreamState(ctx, strategyOf(strategy));
      this.#state.begin(sourceOf(source, new Controller(this.#state)));
    }
    get locked(): boolean {
      return this.#state.lock !== undefined;
    }
    cancel(reason?: unknown): Promise<unknown> {
      return promiseOf(ctx, () => {
        if (this.locked) throw new TypeError('cannot cancel a locked stream');
        return this.#state.cancel(reason);
      });
    }
    getReader(): ReadableStreamDefaultReader {
      return new ReadableStreamDefaultReader(this);
    }
  }

  class ReadableStreamDefaultReader {
    readonly #state: StreamState;
    readonly #lock: Lock;
    #released = false;

    constructor(stream: ReadableStream) {
      if (!(stream instanceof ReadableStream)) throw new TypeError('a reader needs a ReadableStream');
      const state = stateOf(stream);
      if (state.lock) throw new TypeError('the stream is already locked to a reader');
      this.#state = state;
      this.#lock = new Lock(ctx);
      state.lock = this.#lock;
      if (state.state === 'closed') this.#lock.closed.resolve(undefined);
      if (state.state === 'errored') this.#lock.closed.reject(state.error);
    }
    get closed(): Promise<unknown> {
      return this.#lock.closed.promise;
    }
    #use<T>(action: () => T): Promise<T> {
      return promiseOf(ctx, () => {
        if (this.#released) throw new TypeError('the reader was released');
        return action();
      });
    }
    read(): Promise<unknown> {
      return this.#use(() => this.#state.read(this.#lock));
    }
    cancel(reason?: unknown): Promise<unknown> {
      return this.#use(() => this.#state.cancel(reason));
    }
    releaseLock(): void {
      if (this.#released) return;
      this.#released = true;
      this.#state.release(this.#lock);
    }
  }

  return { CountQueuingStrategy, ReadableStream, ReadableStreamDefaultReader };
}

export const streamsModule: ModuleFactory = (ctx) => {
  const exports = { ...createStreams(ctx) };
  return { ...exports, default: exports };
};
