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
import type { DirectExchange, ExchangeResult, RequestSpec } from '../../http/types.ts';
import type { TagState } from '../backend.ts';
import { now } from '../../http/clock.ts';
import { Borrower } from './borrower.ts';
import { CAPACITY, type WorkerChannel } from './channel.ts';
import type { Leaseholder } from './leaseholder.ts';
import { Answer, Request } from './protocol.ts';
import { loadWait } from './readable.ts';
import {
  placeOfSpec,
  readCall,
  readLent,
  readOutcome,
  readTerms,
  repeatedResult,
  writeDirect,
  writeProgress,
  writeSpec,
} from './records.ts';
import { Decoder, type Encoder } from './wire.ts';

/** A script that logs or measures without ever waiting is stopped now and then, so that memory stays bounded. */
const FLUSH_AT = 256 * 1024;
/** What the engine is told without being asked for anything may wait until it is this long, in bytes and milliseconds. */
const RING_AT = 8 * 1024;
const RING_AFTER = 20;
/** The same within an iteration, where it has to wait until the engine has heard it. */
const FLUSH_AFTER = 250;

type Done = (outcome: Outcome<never>) => void;

/** What the engine sends to an idle VU. */
export type WorkerEvent =
  { readonly kind: 'run'; readonly call: GuestCall } | { readonly kind: 'done'; readonly run: () => void };

/**
 * A script that is at the end of its stack can end any of these calls in the middle, and go on. What is half written then
 * must not reach the engine: a record is torn until its last line has run, and the next one mends that first. The mending can be
 * cut off in the same way, and is then done again from its beginning. Assignments cannot be cut off: where some stand together
 * below, no call may come between them.
 */
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
  /** A record was begun and is not complete. */
  #torn = false;
  /** Where it begins. */
  #begun = 0;
  readonly #borrows: boolean;
  /** Undefined until the engine lends something, and where nothing can be borrowed. */
  #borrower: Borrower | undefined;
  /** Something was lent before it could be taken. */
  #offered = false;
  /** Wall-clock milliseconds since when the engine may not know; 0: it knows all. */
  #rung = 0;

  /**
   * @param borrows the engine tells after each exchange what it lends
   * @param tagState what the VU's samples carry now, and when its task began
   */
  constructor(
    channel: WorkerChannel,
    leaseholder: Leaseholder,
    borrows: boolean,
    encoder: Encoder,
    tagSpace: TagSpace,
    tagState: () => TagState & { readonly start: number },
  ) {
    this.#channel = channel;
    this.#leaseholder = leaseholder;
    this.#borrows = borrows;
    this.#out = encoder;
    this.#in = new Decoder((entries) => tagSpace.intern(entries));
    this.#tagState = tagState;
    this.tagSpace = tagSpace;
    const out = encoder;
    this.samples = {
      add: (metric, value, tags, time, metadata) => {
        this.#record(Request.sample);
        out.int(metric.id);
        out.double(value);
        out.double(time);
        out.tagSet(tags);
        out.value(metadata);
        this.#torn = false;
        this.#bound();
      },
      check: (group, name, passed) => {
        this.#record(Request.check);
        out.name(group);
        out.name(name);
        out.byte(passed ? 1 : 0);
        this.#torn = false;
        this.#bound();
      },
      group: (path) => {
        this.#record(Request.group);
        out.name(path);
        this.#torn = false;
      },
    };
  }

  metric(name: string, type: MetricType, contains: ValueKind): Outcome<Metric> {
    this.#record(Request.metric);
    this.#out.value([name, type, contains]);
    return this.#outcome() as Outcome<Metric>;
  }

  now(): number {
    return now();
  }

  log(level: LogLevel, message: string, source?: 'console'): void {
    this.#record(Request.log);
    this.#out.text(level);
    this.#out.text(message);
    this.#out.byte(source === undefined ? 0 : 1);
    this.#torn = false;
    this.#bound();
  }

  call<O extends CallOp>(op: O, arg: ArgOf<CallOps[O]>): Outcome<ResultOf<CallOps[O]>> {
    this.#giveBackFor(op);
    this.#record(Request.call);
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
    this.#giveBackFor(op);
    this.#pending.set(id, done);
    this.#record(Request.begin);
    this.#out.int(id);
    this.#out.text(op);
    this.#out.value(arg);
    this.#torn = false;
    return id;
  }

  cancel(id: number): void {
    if (!this.#pending.delete(id)) return;
    this.#record(Request.cancel);
    this.#out.int(id);
    this.#torn = false;
  }

  blockThread<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Outcome<ResultOf<AsyncOps[O]>> {
    if (op === 'vu.halt') {
      this.#record(Request.halt);
      const { start, tags, metadata } = this.#tagState();
      this.#out.double(start);
      this.#out.tagSet(tags);
      this.#out.value(metadata);
      this.#out.value(arg);
    } else if (op === 'http.exchange') {
      return this.#request(arg as RequestSpec) as Outcome<ResultOf<AsyncOps[O]>>;
    } else {
      this.#giveBackFor(op);
      this.#record(Request.block);
      this.#out.text(op);
      this.#out.value(arg);
    }
    return this.#outcome() as Outcome<ResultOf<AsyncOps[O]>>;
  }

  #request(spec: RequestSpec): Outcome<ExchangeResult> {
    const out = this.#out;
    const borrower = this.#borrower;
    if (this.#torn) this.#mend();
    const place = placeOfSpec(out, spec);
    if (borrower?.holds(place) === true) {
      // From here on the record is torn until the answer is there: what is left of one must not be taken for the next.
      this.#record(Request.direct);
      const answer = borrower.exchange(place, spec.timeout);
      if (answer !== undefined) {
        const { start, sentAt, firstAt, end } = borrower;
        const body = borrower.body(answer);
        const direct: DirectExchange = {
          slot: answer.slot,
          sending: sentAt - start,
          waiting: firstAt - sentAt,
          receiving: end - firstAt,
          end,
        };
        writeDirect(out, place, direct);
        this.#torn = false;
        if (this.#rung === 0) this.#rung = end;
        if (end - this.#rung > FLUSH_AFTER || out.length >= CAPACITY / 2) this.#flush();
        else this.#post(false);
        const value = repeatedResult(answer.result, body, direct);
        return { ok: true, value };
      }
      out.truncate(this.#begun);
      out.byte(Request.resume);
      writeSpec(out, spec, place);
      const { start, written, sentAt, firstAt, received, failure } = borrower;
      writeProgress(out, { slot: borrower.slotFor(place), start, written, sentAt, firstAt, received, failure });
    } else {
      this.#record(Request.exchange);
      const kept = writeSpec(out, spec, place);
      if (kept >= 0) borrower?.forget(kept);
    }
    this.#exchange();
    const outcome = readOutcome(this.#in);
    if (this.#borrows) this.#borrow(place, outcome);
    this.#torn = false;
    return outcome;
  }

  #borrow(place: number, outcome: Outcome<ExchangeResult>): void {
    const lent = readLent(this.#in);
    if (lent.loan !== undefined) this.#offered = true;
    if (outcome.ok) this.#borrower?.accept(place, lent, outcome.value);
    else this.#borrower?.clear();
  }

  /** Not where the script is at the end of its stack. */
  #learnToBorrow(): void {
    this.#channel.loading = true;
    const wait = loadWait();
    this.#channel.loading = false;
    if (wait !== undefined) this.#borrower = new Borrower(wait);
    else {
      this.#record(Request.cannotBorrow);
      this.#torn = false;
    }
    this.#offered = false;
  }

  /**
   * Lets the engine read what there is to tell. The script may be at the end of its stack: between what the channel does last and the
   * assignment no call may stand.
   */
  #post(rings: boolean): void {
    this.#takeBack();
    const { length } = this.#out;
    this.#channel.post(this.#out.peek(), rings);
    this.#posted = length;
  }

  /** The engine may use any connection for it. */
  #giveBackFor(op: string): void {
    if (this.#borrower !== undefined && op.startsWith('http.')) this.#borrower.clear();
  }

  /** The running function has ended; told with the next frame, unless it can be posted. */
  ended({ failure, result, start, end }: GuestOutcome): void {
    const out = this.#out;
    const { tags, metadata } = this.#tagState();
    this.#record(Request.ended);
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
    this.#torn = false;
    if (next === undefined) return;
    if (this.#rung === 0) this.#rung = end;
    const rings = this.#borrower === undefined || out.length >= RING_AT || end - this.#rung > RING_AFTER;
    if (rings) this.#rung = 0;
    this.#post(rings);
  }

  /** Stands still until the engine has something to do, unless the next iteration has begun by lease. */
  idle(): WorkerEvent {
    if (this.#offered && this.#borrower === undefined) this.#learnToBorrow();
    const next = this.#next;
    if (next !== undefined) {
      this.#next = undefined;
      return { kind: 'run', call: next };
    }
    this.#record(Request.idle);
    const answer = this.#exchange();
    if (answer === Answer.run) {
      const call = readCall(this.#in);
      this.#leaseholder.accept(call, readTerms(this.#in));
      this.#torn = false;
      return { kind: 'run', call };
    }
    const id = this.#in.int();
    const outcome = this.#in.value() as Outcome<never>;
    this.#torn = false;
    const done = this.#pending.get(id);
    this.#pending.delete(id);
    return { kind: 'done', run: () => done?.(outcome) };
  }

  #bound(): void {
    if (this.#out.length >= FLUSH_AT) this.#flush();
  }

  #flush(): void {
    this.#record(Request.flush);
    this.#exchange();
    this.#torn = false;
  }

  #outcome(): Outcome<unknown> {
    this.#exchange();
    const outcome = this.#in.value() as Outcome<unknown>;
    this.#torn = false;
    return outcome;
  }

  #record(kind: number): void {
    if (this.#torn) this.#mend();
    this.#channel.asked = false;
    this.#begun = this.#out.length;
    this.#torn = true;
    this.#out.byte(kind);
  }

  /** What was asked is answered for nobody; else the half record goes. Neither side relies on what was said before. */
  #mend(): void {
    const out = this.#out;
    if (this.#channel.asked) {
      this.#channel.discard();
      this.#begun = 0;
      this.#channel.asked = false;
    }
    out.truncate(this.#begun);
    out.forget();
    this.#in.forget();
    this.#borrower?.clear();
    out.byte(Request.forget);
    this.#torn = false;
  }

  /** @returns the kind of the answer */
  #exchange(): number {
    this.#takeBack();
    this.#rung = 0;
    this.#in.feed(this.#channel.exchange(this.#out.peek()));
    this.#out.truncate(0);
    return this.#in.byte();
  }

  /** What was posted goes with the frame that is being encoded, unless the engine has read it. */
  #takeBack(): void {
    const posted = this.#posted;
    if (posted === 0) return;
    if (!this.#channel.takeBack()) {
      this.#out.drop(posted);
      this.#begun -= posted;
      this.#channel.place = this.#channel.place === 0 ? 1 : 0;
    }
    this.#posted = 0;
  }
}
