/** The I/O thread of an engine thread that stands still; see sync-io/client.ts. Carries out one operation at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Outcome } from '../contracts/host.ts';
import type { SampleSink } from '../contracts/metrics.ts';
import { httpHandlers } from '../http/ops.ts';
import { MetricRegistry } from '../metrics/registry.ts';
import { InternedTagSet, ThreadTagSpace } from '../metrics/tags.ts';
import { BellWatch, EngineChannel } from './bridge/channel.ts';
import { Decoder, Encoder } from './bridge/wire.ts';
import { now } from '../http/clock.ts';
import { type Jar, type SyncCall, type SyncIoInput, SyncRecord, type SyncResult } from './sync-io/protocol.ts';
import { EngineIo, type IoServices } from './vu-io.ts';

const { options, wantedTags, memory, bell, port } = workerData as SyncIoInput;

const tagSpace = new ThreadTagSpace(wantedTags);
const registry = new MetricRegistry();
const channel = new EngineChannel(memory, port);
const input = new Decoder((entries) => tagSpace.intern(entries));
const out = new Encoder((value) => value instanceof InternedTagSet);
const announced = new Set<number>();

const samples: SampleSink = {
  add(metric, value, tags, time, metadata) {
    if (!announced.has(metric.id)) {
      announced.add(metric.id);
      out.byte(SyncRecord.metric);
      out.int(metric.id);
      out.text(metric.name);
      out.text(metric.type);
      out.text(metric.contains);
    }
    out.byte(SyncRecord.sample);
    out.int(metric.id);
    out.double(value);
    out.double(time);
    out.tagSet(tags);
    out.value(metadata);
  },
  check: () => undefined,
  group: () => undefined,
};

const services: IoServices = {
  handlers: httpHandlers({ options, env: process.env }),
  tagSpace,
  samples,
  metric: (name, type, contains) => registry.register(name, type, contains),
  now,
  log(level, message, fields) {
    out.byte(SyncRecord.log);
    out.text(level);
    out.text(message);
    out.value(fields);
  },
};

const vus = new Map<number, EngineIo>();

function ioOf({ vu, iteration }: SyncCall): EngineIo {
  let io = vus.get(vu);
  if (io === undefined) vus.set(vu, (io = new EngineIo(services, vu)));
  if (io.iterations !== iteration) io.call('http.iteration', undefined);
  io.iterations = iteration;
  return io;
}

function carryOut(call: SyncCall): void {
  const io = ioOf(call);
  const { sent, received } = io.traffic;
  for (const jar of call.jars) io.call('http.jar.load', jar);
  io.begin(call.op, call.arg, (outcome) => {
    const jars = call.jars.map(({ jar }): Jar => {
      const dumped = io.call('http.jar.dump', jar);
      return { jar, cookies: dumped.ok ? (dumped.value as Jar['cookies']) : [] };
    });
    answer({ outcome, jars, sent: io.traffic.sent - sent, received: io.traffic.received - received });
  });
}

function answer(result: SyncResult): void {
  out.byte(SyncRecord.result);
  out.value(result);
  channel.answer(out.take());
}

// The engine thread waits: it must get an answer, whatever happens.
process.on('uncaughtException', (error) => {
  const outcome: Outcome<never> = { ok: false, name: 'Error', message: `the I/O thread failed: ${error.message}` };
  answer({ outcome, jars: [], sent: 0, received: 0 });
});

// The bell alone does not keep a thread alive.
parentPort?.on('message', () => undefined);
new BellWatch(bell, () => {
  const frame = channel.receive();
  if (frame === undefined) return;
  input.feed(frame);
  carryOut(input.value() as SyncCall);
}).start(0);
