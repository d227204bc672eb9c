/**
 * Blocking calls of fast mode at places that nothing can suspend: a getter, a Proxy trap, a callback of native code. The
 * engine thread stands still, and a thread of its own, started when it is first needed, carries out the operation.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { LogLevel, Outcome } from '../../contracts/host.ts';
import type { Metric, MetricType, TagSet, ValueKind } from '../../contracts/metrics.ts';
import { InternedTagSet } from '../../metrics/tags.ts';
import type { Options } from '../../options/types.ts';
import { secrets } from '../../ops/secrets.ts';
import { createBell, createChannelMemory, WorkerChannel } from '../bridge/channel.ts';
import { Decoder, Encoder } from '../bridge/wire.ts';
import { distFile } from '../realm.ts';
import type { LogFields, Services } from '../services.ts';
import type { EngineIo } from '../vu-io.ts';
import { type Jar, type SyncCall, type SyncIoInput, SyncRecord, type SyncResult } from './protocol.ts';

const nothing: Outcome<undefined> = { ok: true, value: undefined };
const never = new Int32Array(new SharedArrayBuffer(4));

/** Lets this thread sleep. */
export function standStill(ms: number): Outcome<undefined> {
  Atomics.wait(never, 0, 0, ms);
  return nothing;
}

/** Operations whose state is nothing but cookies, which travel with them. */
const movable = new Set(['http.exchange', 'http.batch']);

export class SyncIo {
  readonly #services: Services;
  readonly #options: Options;
  #thread: IoThread | undefined;

  constructor(services: Services, options: Options) {
    this.#services = services;
    this.#options = options;
  }

  /** Never throws. */
  block(io: EngineIo, op: string, arg: unknown): Outcome<unknown> {
    switch (op) {
      case 'sleep':
        return standStill(arg as number);
      case 'vu.turn':
        return nothing;
      case 'vu.halt':
        // The VU is halted at once; what it still does has no effect.
        io.begin(op, arg, () => undefined);
        return { ok: false, name: 'Error', message: (arg as { readonly message: string }).message };
      case 'secrets.get': {
        const { source, key } = arg as { readonly source: string | undefined; readonly key: string };
        try {
          const value = secrets.get(source, key);
          if (typeof value === 'string') return { ok: true, value };
          value.catch(() => undefined);
          return refused(op);
        } catch (error) {
          return { ok: false, name: 'GoError', message: (error as Error).message };
        }
      }
      default:
        return movable.has(op) ? this.#run(io, op, arg) : refused(op);
    }
  }

  dispose(): void {
    this.#thread?.end();
    this.#thread = undefined;
  }

  #run(io: EngineIo, op: string, arg: unknown): Outcome<unknown> {
    // A thread whose last call was cut off (by the watchdog, by the end of the stack) may answer late: it is given up.
    if (this.#thread?.busy === true) this.dispose();
    this.#thread ??= new IoThread(this.#services, this.#options);
    const specs = (op === 'http.batch' ? arg : [arg]) as readonly { readonly jar: number }[];
    const jars = [...new Set(specs.map(({ jar }) => jar))].map((jar): Jar => {
      const dumped = io.call('http.jar.dump', jar);
      return { jar, cookies: dumped.ok ? (dumped.value as Jar['cookies']) : [] };
    });
    const result = this.#thread.call({ vu: io.vuId, iteration: io.iterations, op, arg, jars });
    io.traffic.sent += result.sent;
    io.traffic.received += result.received;
    for (const jar of result.jars) io.call('http.jar.load', jar);
    return result.outcome as Outcome<unknown>;
  }
}

const refused = (op: string): Outcome<never> => ({
  ok: false,
  name: 'GoError',
  message: `${op} cannot wait at this place of the script in fast mode: run it with --strategy exact`,
});

class IoThread {
  /** A call is under way, or was cut off. */
  busy = false;
  readonly #services: Services;
  readonly #worker: Worker;
  readonly #channel: WorkerChannel;
  readonly #out = new Encoder((value) => value instanceof InternedTagSet);
  readonly #in: Decoder;
  readonly #metrics: Metric[] = [];

  constructor(services: Services, options: Options) {
    this.#services = services;
    const { port1, port2 } = new MessageChannel();
    const memory = createChannelMemory();
    const bell = createBell(1);
    this.#channel = new WorkerChannel(memory, bell, 0, port1);
    this.#in = new Decoder((entries) => services.tagSpace.intern(entries));
    const workerData: SyncIoInput = { options, wantedTags: services.wantedTags, memory, bell, port: port2 };
    this.#worker = new Worker(distFile('sync-io.js'), { workerData, transferList: [port2] });
    this.#worker.unref();
    port1.unref();
  }

  call(call: SyncCall): SyncResult {
    this.busy = true;
    this.#out.value(call);
    this.#in.feed(this.#channel.exchange(this.#out.take()));
    for (;;) {
      const kind = this.#in.byte();
      if (kind === SyncRecord.result) {
        const result = this.#in.value() as SyncResult;
        this.busy = false;
        return result;
      }
      this.#record(kind);
    }
  }

  end(): void {
    void this.#worker.terminate();
  }

  #record(kind: number): void {
    const services = this.#services;
    const input = this.#in;
    if (kind === SyncRecord.metric) {
      const id = input.int();
      const outcome = services.metric(input.text(), input.text() as MetricType, input.text() as ValueKind);
      if (outcome.ok) this.#metrics[id] = outcome.value;
    } else if (kind === SyncRecord.sample) {
      const known = this.#metrics[input.int()];
      const [value, time] = [input.double(), input.double()];
      const tags = input.value() as TagSet;
      const metadata = input.value() as LogFields | undefined;
      if (known !== undefined) services.samples.add(known, value, tags, time, metadata);
    } else {
      services.log(input.text() as LogLevel, input.text(), input.value() as LogFields | undefined);
    }
  }
}
