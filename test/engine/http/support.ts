/** A VU's I/O side for tests: real tag space and registry, samples and log lines collected. */
import type { LogLevel, Outcome, VuIo } from '../../../src/engine/contracts/host.ts';
import type { Metric, SampleSink, TagSet } from '../../../src/engine/contracts/metrics.ts';
import { httpHandlers, type HttpHandlers, type HttpOptions } from '../../../src/engine/http/ops.ts';
import type { ExchangeResult, RequestSpec } from '../../../src/engine/http/types.ts';
import { MetricRegistry } from '../../../src/engine/metrics/registry.ts';
import { ThreadTagSpace } from '../../../src/engine/metrics/tags.ts';

export interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

export const DEFAULT_OPTIONS: HttpOptions = {
  rps: undefined,
  dns: { ttl: 300_000, select: 'random', policy: 'preferIPv4' },
  maxRedirects: 10,
  userAgent: 'test-agent/1',
  batch: 20,
  batchPerHost: 6,
  httpDebug: 'off',
  insecureSkipTLSVerify: false,
  tlsCipherSuites: undefined,
  tlsVersion: undefined,
  tlsAuth: [],
  throw: false,
  blacklistIPs: [],
  blockHostnames: [],
  allowHostnames: [],
  hosts: {},
  noConnectionReuse: false,
  noVUConnectionReuse: false,
  discardResponseBodies: false,
  noCookiesReset: false,
  localIPs: undefined,
  systemTags: [
    'proto',
    'status',
    'method',
    'url',
    'name',
    'group',
    'error',
    'error_code',
    'tls_version',
    'scenario',
    'expected_response',
  ],
};

/** What `http.get(url)` asks for. */
export function plainSpec(url: string, tags: TagSet): RequestSpec {
  return {
    method: 'GET',
    url,
    name: undefined,
    headers: '',
    host: '',
    contentLength: '',
    body: undefined,
    compression: '',
    cookies: undefined,
    jar: 0,
    auth: undefined,
    timeout: 120_000,
    redirects: undefined,
    responseType: undefined,
    throw: undefined,
    expected: [200, 399],
    tags,
    metadata: undefined,
  };
}

export class TestVu {
  readonly samples: Sample[] = [];
  readonly logs: LogLine[] = [];
  readonly handlers: HttpHandlers;
  readonly io: VuIo;
  readonly #listeners: (() => void)[] = [];

  constructor(options: Partial<HttpOptions> = {}, env: Record<string, string> = {}, handlers?: HttpHandlers) {
    this.handlers = handlers ?? httpHandlers({ options: { ...DEFAULT_OPTIONS, ...options }, env });
    const registry = new MetricRegistry();
    const tagSpace = new ThreadTagSpace(undefined);
    const sink: SampleSink = {
      add: (metric: Metric, value: number, tags: TagSet, _time: number, metadata) =>
        this.samples.push({ metric: metric.name, value, tags: Object.fromEntries(tags.entries()), metadata }),
      check: () => undefined,
      group: () => undefined,
    };
    this.io = {
      vuId: 1,
      tagSpace,
      samples: sink,
      onInterrupt: (listener) => this.#listeners.push(listener),
      traffic: { sent: 0, received: 0 },
      state: {},
      metric: (name, type, contains) => {
        const outcome = registry.register(name, type, contains);
        if (!outcome.ok) throw new Error(outcome.message);
        return outcome.value;
      },
      now: () => performance.timeOrigin + performance.now(),
      log: (level, message, fields = {}) => this.logs.push({ level, message, fields }),
    };
  }

  spec(url: string, more: Partial<RequestSpec> = {}): RequestSpec {
    return { ...plainSpec(url, this.io.tagSpace.root), ...more };
  }

  request(url: string, more: Partial<RequestSpec> = {}): Promise<ExchangeResult> {
    return new Promise((resolve, reject) => {
      this.handlers.async['http.exchange'](this.io, this.spec(url, more), (outcome: Outcome<ExchangeResult>) => {
        if (outcome.ok) resolve(outcome.value);
        else reject(new Error(outcome.message));
      });
    });
  }

  batch(specs: readonly RequestSpec[]): Promise<readonly ExchangeResult[]> {
    return new Promise((resolve, reject) => {
      this.handlers.async['http.batch'](this.io, specs, (outcome) => {
        if (outcome.ok) resolve(outcome.value);
        else reject(new Error(outcome.message));
      });
    });
  }

  /** Values of a metric, in order. */
  values(metric: string): number[] {
    return this.samples.filter((sample) => sample.metric === metric).map((sample) => sample.value);
  }

  tags(metric: string): Readonly<Record<string, string>>[] {
    return this.samples.filter((sample) => sample.metric === metric).map((sample) => sample.tags);
  }

  interrupt(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Closes every connection. */
  dispose(): void {
    this.interrupt();
  }
}
