/** A VU's host on the VU's own thread: everything goes to the engine thread, in order. */
import type {
  ArgOf,
  AsyncOp,
  AsyncOps,
  CallOp,
  CallOps,
  LogLevel,
  Outcome,
  ResultOf,
  VuHost,
} from '../../contracts/host.ts';
import type { Metric, MetricType, SampleSink, TagSpace, ValueKind } from '../../contracts/metrics.ts';
import type { GuestCall, GuestOutcome } from '../../guest/main.ts';
import type { RequestSpec } from '../../http/types.ts';
import type { TagState } from '../backend.ts';
import { now } from '../../http/clock.ts';
import { CAPACITY, type WorkerChannel } from './channel.ts';
import type { Leaseholder } from './leaseholder.ts';
import { Answer, Request } from './protocol.ts';
import { readCall, readOutcome, readTerms, writeSpec } from './records.ts';
import { Decoder, type Encoder } from './wire.ts';

/** A script that logs or measures without ever waiting is stopped now and then, so that memory stays bounded. */
const FLUSH_AT = 256 * 1024;

type Done = (outcome: Outcome<never>) => void;

/** What the engine sends to an idle VU. */
export type WorkerEvent =
  { readonly kind: 'run'; readonly call: GuestCall } | { readonly kind: 'done'; readonly run: () => void };

export class WorkerHost implements VuHost {
  readonly tagSpace: TagSpace;
  readonly samples: SampleSink;
  readonly #channel: WorkerChannel;
  readonly #out: Encoder;
  readonly #in: Decoder;
  readonly #pending = new Map<number, Done>();
  readonly #tagState: () => TagState & { readonly start: number };
  readonly #leaseholder: Leaseholder;
  #lastId = 0;
  /** The iteration begun by lease. */
  #next: GuestCall | undefined;
  /** Length of what was posted of the frame that is being encoded. */
  #posted = 0;

  /** @param tagState what the VU's samples carry now, and when its task began */
  constructor(
    channel: WorkerChannel,
    leaseholder: Leaseholder,
    encoder: Encoder,
    tagSpace: TagSpace,
    tagState: () => TagState & { readonly start: number },
  ) {
    this.#channel = channel;
    this.#leaseholder = leaseholder;
    this.#out = encoder;
    this.#in = new Decoder((entries) => tagSpace.intern(entries));
    this.#tagState = tagState;
    this.tagSpace = tagSpace;
    const out = encoder;
    this.samples = {
      add: (metric, value, tags, time, metadata) => {
        out.byte(Request.sample);
        out.int(metric.id);
        out.double(value);
        out.double(time);
        out.tagSet(tags);
        out.value(metadata);
        this.#bound();
      },
      check: (group, name, passed) => {
        out.byte(Request.check);
        out.text(group);
        out.text(name);
        out.byte(passed ? 1 : 0);
        this.#bound();
      },
      group: (path) => {
        out.byte(Request.group);
        out.text(path);
      },
    };
  }

  metric(name: string, type: MetricType, contains: ValueKind): Outcome<Metric> {
    this.#out.byte(Request.metric);
    this.#out.value([name, type, contains]);
    return this.#outcome() as Outcome<Metric>;
  }

  now(): number {
    return now();
  }

  log(level: LogLevel, message: string, source?: 'console'): void {
    this.#out.byte(Request.log);
    this.#out.text(level);
    this.#out.text(message);
    this.#out.byte(source === undefined ? 0 : 1);
    this.#bound();
  }

  call<O extends CallOp>(op: O, arg: ArgOf<CallOps[O]>): Outcome<ResultOf<CallOps[O]>> {
    this.#out.byte(Request.call);
    this.#out.text(op);
    this.#out.value(arg);
    return this.#outcome() as Outcome<ResultOf<CallOps[O]>>;
  }

  begin<O extends AsyncOp>(
    op: O,
    arg: ArgOf<AsyncOps[O]>,
    done: (outcome: Outcome<ResultOf<AsyncOps[O]>>) => void,
  ): number {
    const id = ++this.#lastId;
    this.#pending.set(id, done);
    this.#out.byte(Request.begin);
    this.#out.int(id);
    this.#out.text(op);
    this.#out.value(arg);
    return id;
  }

  cancel(id: number): void {
    if (!this.#pending.delete(id)) return;
    this.#out.byte(Request.cancel);
    this.#out.int(id);
  }

  blockThread<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Outcome<ResultOf<AsyncOps[O]>> {
    if (op === 'vu.halt') {
      this.#out.byte(Request.halt);
      const { start, tags, metadata } = this.#tagState();
      this.#out.double(start);
      this.#out.tagSet(tags);
      this.#out.value(metadata);
      this.#out.value(arg);
    } else if (op === 'http.exchange') {
      this.#out.byte(Request.exchange);
      writeSpec(this.#out, arg as RequestSpec);
      this.#exchange();
      return readOutcome(this.#in) as Outcome<ResultOf<AsyncOps[O]>>;
    } else {
      this.#out.byte(Request.block);
      this.#out.text(op);
      this.#out.value(arg);
    }
    return this.#outcome() as Outcome<ResultOf<AsyncOps[O]>>;
  }

  /** The running function has ended; told with the next frame, unless it can be posted. */
  ended({ failure, result, start, end }: GuestOutcome): void {
    const out = this.#out;
    const { tags, metadata } = this.#tagState();
    out.byte(Request.ended);
    out.double(start);
    out.double(end);
    out.tagSet(tags);
    out.value(metadata);
    out.value(failure);
    out.value(result);
    // Who has much to tell waits until it is heard.
    const next = out.length < CAPACITY / 2 ? this.#leaseholder.next() : undefined;
    this.#next = next;
    out.value(next?.iteration.inInstance);
    if (next === undefined) return;
    this.#takeBack();
    this.#channel.post(out.peek());
    this.#posted = out.length;
  }

  /** Stands still until the engine has something to do, unless the next iteration has begun by lease. */
  idle(): WorkerEvent {
    const next = this.#next;
    if (next !== undefined) {
      this.#next = undefined;
      return { kind: 'run', call: next };
    }
    this.#out.byte(Request.idle);
    const answer = this.#exchange();
    if (answer === Answer.run) {
      const call = readCall(this.#in);
      this.#leaseholder.accept(call, readTerms(this.#in));
      return { kind: 'run', call };
    }
    const id = this.#in.int();
    const outcome = this.#in.value() as Outcome<never>;
    const done = this.#pending.get(id);
    this.#pending.delete(id);
    return { kind: 'done', run: () => done?.(outcome) };
  }

  #bound(): void {
    if (this.#out.length < FLUSH_AT) return;
    this.#out.byte(Request.flush);
    this.#exchange();
  }

  #outcome(): Outcome<unknown> {
    this.#exchange();
    return this.#in.value() as Outcome<unknown>;
  }

  /** @returns the kind of the answer */
  #exchange(): number {
    this.#takeBack();
    this.#in.feed(this.#channel.exchange(this.#out.take()));
    return this.#in.byte();
  }

  /** What was posted goes with the frame that is being encoded, unless the engine has read it. */
  #takeBack(): void {
    if (this.#posted > 0 && !this.#channel.takeBack()) this.#out.drop(this.#posted);
    this.#posted = 0;
  }
}
