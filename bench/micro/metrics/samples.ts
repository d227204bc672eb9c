/**
 * What a sample costs, in nanoseconds: a sink's `add`, the way of a sample through a thread (tags already interned), a
 * request's ten samples as `k6/http` emits them, the JSON line of a point, a second of the record output.
 *
 *     node --experimental-strip-types bench/micro/metrics/samples.ts     (Node 22.6 or newer)
 *     npx esbuild bench/micro/metrics/samples.ts --bundle --platform=node --format=esm --outfile=/tmp/b.mjs && node /tmp/b.mjs
 */
import { JsonEncoder } from '../../../src/engine/outputs/json.ts';
import { RECORDED_METRICS, RECORDED_TAGS, Recorder } from '../../../src/engine/outputs/record/recorder.ts';
import { PositiveHistogram } from '../../../src/engine/metrics/histogram.ts';
import { parseSelector } from '../../../src/engine/metrics/submetric.ts';
import { ThreadMetrics } from '../../../src/engine/metrics/thread.ts';
import type { MetricsPlan } from '../../../src/engine/metrics/thread.ts';
import { TrendSink } from '../../../src/engine/metrics/trend.ts';

const ROUNDS = 7;
const TIMINGS = [
  'http_req_duration',
  'http_req_blocked',
  'http_req_connecting',
  'http_req_tls_handshaking',
  'http_req_sending',
  'http_req_waiting',
  'http_req_receiving',
] as const;

/** Latencies of a busy local server: lognormal around 1 ms, the same in every run. */
const VALUES = Float64Array.from({ length: 1 << 14 }, (_, i) => {
  const uniform = (((i * 2_654_435_761) >>> 0) + 1) / 4_294_967_297;
  return Math.exp(Math.sqrt(-2 * Math.log(uniform)) * Math.cos(i));
});

/** Prints the middle and the spread of several rounds. */
function measure(name: string, operations: number, body: (operations: number) => void): void {
  body(operations >> 2);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    body(operations);
    rounds.push(Number(process.hrtime.bigint() - start) / operations);
  }
  rounds.sort((a, b) => a - b);
  const [low, middle, high] = [rounds[0], rounds[ROUNDS >> 1], rounds.at(-1)].map((ns) => (ns ?? 0).toFixed(1));
  console.log(`${name.padEnd(52)} ${middle} ns (${low} to ${high})`);
}

function plan(over: Partial<MetricsPlan> = {}): MetricsPlan {
  const expected = parseSelector('http_req_duration{expected_response:true}');
  const selectors = expected.ok ? [expected.selector] : [];
  return { selectors, sections: false, wantedTags: ['expected_response'], streamed: [], ...over };
}

/** The samples of one request after another. */
function requests(thread: ThreadMetrics): (count: number) => void {
  const { registry, tagSpace } = thread;
  const timings = TIMINGS.map((name) => registry.builtin(name));
  const [reqs, failed] = [registry.builtin('http_reqs'), registry.builtin('http_req_failed')];
  const base = tagSpace.root
    .with('scenario', 'default')
    .with('group', '')
    .with('method', 'GET')
    .with('proto', 'HTTP/1.1');
  let time = 1_700_000_000_000;
  return (count) => {
    for (let i = 0; i < count; i++) {
      const value = VALUES[i & 0x3fff] as number;
      time += 0.01;
      const tags = base
        .with('name', 'list')
        .with('url', 'list')
        .with('status', '200')
        .with('expected_response', 'true');
      thread.add(reqs, 1, tags, time);
      thread.add(failed, 0, tags, time);
      for (const metric of timings) thread.add(metric, value, tags, time);
    }
  };
}

const histogram = new PositiveHistogram();
measure('histogram: add', 5_000_000, (n) => {
  for (let i = 0; i < n; i++) histogram.add(VALUES[i & 0x3fff] as number);
});

const trend = new TrendSink();
measure('trend: add', 5_000_000, (n) => {
  for (let i = 0; i < n; i++) trend.add(VALUES[i & 0x3fff] as number);
});

measure('trend: p(95) of a folded trend', 5000, (n) => {
  for (let i = 0; i < n; i++) trend.quantile(0.95);
});

measure('a request (9 samples, 4 tags), no output', 400_000, requests(new ThreadMetrics(plan())));

const recorder = new Recorder('bench', ['scenario']);
const recorded = requests(
  new ThreadMetrics(
    plan({ streamed: RECORDED_METRICS, wantedTags: ['expected_response', ...RECORDED_TAGS] }),
    (batch) => recorder.add(batch),
  ),
);
measure('a request, with --out record', 200_000, recorded);

const encoder = new JsonEncoder({});
let characters = 0;
const asJson = requests(
  new ThreadMetrics(plan({ streamed: undefined, wantedTags: undefined }), (batch) => {
    encoder.encode(batch, (text) => (characters += text.length));
  }),
);
measure('a request, with --out json (9 lines, not written)', 40_000, asJson);
console.log(`${(characters / 1e6).toFixed(0)} MB of JSON in all`);
