/** The samples of a request: metrics, and tags as k6 sets them. */
import type { VuIo } from '../contracts/host.ts';
import type { Metric, SampleRows, SampleSink, TagSet } from '../contracts/metrics.ts';

/** One finished hop. Times in milliseconds. */
export interface HopRecord {
  method: string;
  name: string;
  status: number;
  proto: string;
  tlsVersion: string;
  ip: string;
  ocspStatus: string;
  error: string;
  errorCode: number;
  /** Undefined: the script asked for no verdict. */
  expected: boolean | undefined;
  blocked: number;
  connecting: number;
  tlsHandshaking: number;
  sending: number;
  waiting: number;
  receiving: number;
}

interface Variant {
  readonly method: string;
  readonly status: number;
  readonly proto: string;
  readonly tlsVersion: string;
  readonly ip: string;
  readonly ocspStatus: string;
  readonly error: string;
  readonly errorCode: number;
  readonly expected: boolean | undefined;
  readonly tags: TagSet;
}

/** Names remembered at a time: URLs with ids in them never come back. */
const MAX_NAMES = 10_000;
/** Of a body that is bytes, in the example of a failure. */
const MAX_SHOWN = 1000;
const NO_VARIANTS: readonly Variant[] = [];

/** Of one engine thread. */
export class HopSampler {
  /** Those that every hop has, in the order of {@link record}. */
  readonly #always: readonly Metric[];
  #sink: SampleSink | undefined;
  #rows!: SampleRows;
  readonly #failed: Metric;
  readonly #intended: Metric;
  /** System tags that are both enabled and read by someone. */
  readonly #wanted: ReadonlySet<string>;
  readonly #wantsIp: boolean;
  readonly #wantsOcsp: boolean;
  readonly #wantsName: boolean;
  #variants = new Map<TagSet, Map<string, Variant[]>>();
  #names = 0;
  /** Those of the base and name asked for last: VUs that run the same script ask for the same ones. */
  #last: { readonly base: TagSet; readonly name: string; readonly variants: readonly Variant[] } | undefined;

  /** @param io of any VU of the thread */
  constructor(io: VuIo, systemTags: readonly string[]) {
    const trend = (name: string): Metric => io.metric(name, 'trend', 'time');
    this.#always = [
      io.metric('http_reqs', 'counter', 'default'),
      trend('http_req_duration'),
      trend('http_req_blocked'),
      trend('http_req_connecting'),
      trend('http_req_tls_handshaking'),
      trend('http_req_sending'),
      trend('http_req_waiting'),
      trend('http_req_receiving'),
    ];
    this.#intended = trend('http_req_duration@intended');
    this.#failed = io.metric('http_req_failed', 'rate', 'default');
    this.#wanted = new Set(systemTags.filter((tag) => io.tagSpace.wants(tag)));
    this.#wantsIp = this.#wanted.has('ip');
    this.#wantsOcsp = this.#wanted.has('ocsp_status');
    this.#wantsName = this.#wanted.has('name') || this.#wanted.has('url');
  }

  /**
   * @param time wall-clock milliseconds of the end
   * @param io of the VU whose hop it was
   */
  record(
    hop: HopRecord,
    base: TagSet,
    time: number,
    metadata: Readonly<Record<string, string>> | undefined,
    { samples: sink, startDelay }: VuIo,
  ): void {
    const tags = this.#tags(hop, base);
    const duration = hop.sending + hop.waiting + hop.receiving;
    if (this.#sink !== sink) {
      this.#sink = sink;
      this.#rows = sink.rows?.(this.#always) ?? new SingleSamples(sink, this.#always);
    }
    const { row } = this.#rows;
    row[0] = 1;
    row[1] = duration;
    row[2] = hop.blocked;
    row[3] = hop.connecting;
    row[4] = hop.tlsHandshaking;
    row[5] = hop.sending;
    row[6] = hop.waiting;
    row[7] = hop.receiving;
    this.#rows.add(tags, time, metadata);
    if (startDelay !== undefined) sink.add(this.#intended, duration + startDelay, tags, time, metadata);
    if (hop.expected !== undefined) sink.add(this.#failed, hop.expected ? 0 : 1, tags, time, metadata);
  }

  #tags(hop: HopRecord, base: TagSet): TagSet {
    const name = this.#wantsName ? hop.name : '';
    for (const variant of this.#variantsOf(base, name)) {
      if (
        variant.status === hop.status &&
        variant.method === hop.method &&
        variant.expected === hop.expected &&
        variant.error === hop.error &&
        variant.proto === hop.proto &&
        variant.tlsVersion === hop.tlsVersion &&
        variant.errorCode === hop.errorCode &&
        (!this.#wantsIp || variant.ip === hop.ip) &&
        (!this.#wantsOcsp || variant.ocspStatus === hop.ocspStatus)
      ) {
        return variant.tags;
      }
    }
    const { method, status, proto, tlsVersion, ip, ocspStatus, error, errorCode, expected } = hop;
    const tags = this.#make(hop, base);
    this.#remember(base, name, { method, status, proto, tlsVersion, ip, ocspStatus, error, errorCode, expected, tags });
    return tags;
  }

  #variantsOf(base: TagSet, name: string): readonly Variant[] {
    if (this.#last?.base === base && this.#last.name === name) return this.#last.variants;
    const variants = this.#variants.get(base)?.get(name);
    if (variants === undefined) return NO_VARIANTS;
    this.#last = { base, name, variants };
    return variants;
  }

  #remember(base: TagSet, name: string, variant: Variant): void {
    if (this.#names >= MAX_NAMES) {
      this.#variants = new Map();
      this.#names = 0;
      this.#last = undefined;
    }
    let names = this.#variants.get(base);
    if (names === undefined) this.#variants.set(base, (names = new Map<string, Variant[]>()));
    const variants = names.get(name);
    if (variants === undefined) names.set(name, [variant]);
    else variants.push(variant);
    this.#names++;
  }

  #make(hop: HopRecord, base: TagSet): TagSet {
    let tags = base;
    const set = (key: string, value: string): void => {
      if (this.#wanted.has(key)) tags = tags.with(key, value);
    };
    set('method', hop.method);
    set('name', hop.name);
    set('url', hop.name);
    set('status', String(hop.status));
    if (hop.proto !== '') set('proto', hop.proto);
    if (hop.error !== '') set('error', hop.error);
    if (hop.errorCode !== 0) set('error_code', String(hop.errorCode));
    if (hop.tlsVersion !== '') set('tls_version', hop.tlsVersion);
    if (hop.ocspStatus !== '') set('ocsp_status', hop.ocspStatus);
    if (hop.ip !== '') set('ip', hop.ip);
    if (hop.expected !== undefined) set('expected_response', String(hop.expected));
    return tags;
  }
}

/** For a sink that takes no rows. */
class SingleSamples implements SampleRows {
  readonly row: Float64Array;
  readonly #sink: SampleSink;
  readonly #metrics: readonly Metric[];

  constructor(sink: SampleSink, metrics: readonly Metric[]) {
    this.row = new Float64Array(metrics.length);
    this.#sink = sink;
    this.#metrics = metrics;
  }

  add(tags: TagSet, time: number, metadata?: Readonly<Record<string, string>>): void {
    for (let i = 0; i < this.row.length; i++) {
      this.#sink.add(this.#metrics[i] as Metric, this.row[i] as number, tags, time, metadata);
    }
  }
}

/** Keeps the hop as an example when it failed and an output wants any. */
export function keepExample(sink: SampleSink, hop: HopRecord, url: string, body: string | Uint8Array | null): void {
  if (hop.expected !== false || sink.failed === undefined) return;
  const { name: endpoint, method, status, error } = hop;
  const text = typeof body === 'string' ? body : Buffer.from(body?.subarray(0, MAX_SHOWN) ?? []).toString();
  sink.failed({ endpoint, method, url, status, error, body: text });
}

/** @param ranges pairs of inclusive bounds */
export function isExpected(ranges: readonly number[], status: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (status >= (ranges[i] ?? 0) && status <= (ranges[i + 1] ?? 0)) return true;
  }
  return false;
}
