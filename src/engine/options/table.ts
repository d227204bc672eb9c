/**
 * Every option that a script, a config file, the environment or a flag can set, declared once. Decoding, merging, the
 * flags and their help, the environment variables and the JSON form derive from this table.
 */
import { asObject, bool, type Codec, DecodeError, duration, int, list, pair, record, str, word } from './decode.ts';
import { scenarios, stage } from './scenario-fields.ts';
import type { DnsConfig, ThresholdConfig, TlsAuth, TlsVersionName } from './types.ts';

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in the help; absent for a switch. */
  readonly arg?: string;
  readonly help: string;
  /** May be given several times; the texts are joined in order. */
  readonly repeat?: boolean;
  /** The value that the flag has when it is given without one. */
  readonly bare?: string;
}

export interface OptionSpec<T> {
  readonly codec: Codec<T>;
  readonly env?: string;
  readonly flag?: FlagSpec;
  /** Set only for running, not part of what scripts see. */
  readonly runOnly?: true;
  /** k6 has no such option. */
  readonly ours?: true;
  /** How it is not as in k6; docs/engine-compatibility.md tells. */
  readonly differs?: string;
}

const anyObject: Codec<Readonly<Record<string, unknown>>> = {
  json: (value) => asObject(value),
  text: undefined,
  show: (value) => value,
};

const selects = ['first', 'random', 'roundRobin'] as const;
const policies = ['preferIPv4', 'preferIPv6', 'onlyIPv4', 'onlyIPv6', 'any'] as const;
const dnsSelect = word(selects, (text) => `${text} is not a valid DNS select strategy, expected ${selects.join(', ')}`);
const dnsPolicy = word(policies, (text) => `${text} is not a valid DNS policy, expected ${policies.join(', ')}`);

function readTtl(value: unknown): number {
  if (value === 'inf') return Infinity;
  if (value === '') return DEFAULT_DNS.ttl;
  const ms = duration.json(value);
  if (ms < 0) throw new DecodeError(`invalid DNS TTL: ${String(value)}`);
  return ms;
}

function showTtl(ttl: number): unknown {
  if (ttl === Infinity) return 'inf';
  return ttl === DEFAULT_DNS.ttl ? '5m' : duration.show(ttl);
}

export const DEFAULT_DNS: DnsConfig = { ttl: 300_000, select: 'random', policy: 'preferIPv4' };

const dns: Codec<DnsConfig> = {
  json(value) {
    const given = asObject(value, ['ttl', 'select', 'policy']);
    return {
      ttl: given['ttl'] == null ? DEFAULT_DNS.ttl : readTtl(given['ttl']),
      select: given['select'] == null ? DEFAULT_DNS.select : dnsSelect.json(given['select']),
      policy: given['policy'] == null ? DEFAULT_DNS.policy : dnsPolicy.json(given['policy']),
    };
  },
  text(text) {
    const given = Object.fromEntries(text.split(',').map((part) => pair(part.trim())));
    const unknown = Object.keys(given).find((key) => !['ttl', 'select', 'policy'].includes(key));
    if (unknown !== undefined) throw new DecodeError(`unknown DNS configuration field: ${unknown}`);
    return dns.json(given);
  },
  show: ({ ttl, select, policy }) => ({ ttl: showTtl(ttl), select, policy }),
};

const tlsNames = ['ssl3.0', 'tls1.0', 'tls1.1', 'tls1.2', 'tls1.3'] as const;
const tlsName = word<TlsVersionName>(tlsNames, (text) => `unknown TLS version: ${text}`);

const tlsVersion: Codec<{ readonly min: TlsVersionName; readonly max: TlsVersionName }> = {
  json(value) {
    if (typeof value === 'string') {
      const only = tlsName.json(value);
      return { min: only, max: only };
    }
    const given = asObject(value, ['min', 'max']);
    return {
      min: given['min'] == null || given['min'] === '' ? 'tls1.0' : tlsName.json(given['min']),
      max: given['max'] == null || given['max'] === '' ? 'tls1.3' : tlsName.json(given['max']),
    };
  },
  text: undefined,
  show: (range) => range,
};

const tlsAuth: Codec<TlsAuth> = {
  json(value) {
    const given = asObject(value, ['domains', 'cert', 'key', 'password']);
    const optional = (key: string): string | undefined => (given[key] == null ? undefined : str.json(given[key]));
    return {
      domains: given['domains'] == null ? [] : list(str).json(given['domains']),
      cert: optional('cert') ?? '',
      key: optional('key') ?? '',
      password: optional('password'),
    };
  },
  text: undefined,
  show: ({ domains, cert, key, password }) => ({ domains, cert, key, password: password ?? null }),
};

const threshold: Codec<ThresholdConfig> = {
  json(value) {
    if (typeof value === 'string') return { threshold: value, abortOnFail: false, delayAbortEval: 0 };
    const given = asObject(value, ['threshold', 'abortOnFail', 'delayAbortEval']);
    return {
      threshold: given['threshold'] == null ? '' : str.json(given['threshold']),
      abortOnFail: given['abortOnFail'] == null ? false : bool.json(given['abortOnFail']),
      delayAbortEval: given['delayAbortEval'] == null ? 0 : duration.json(given['delayAbortEval']),
    };
  },
  text: undefined,
  show: (given) =>
    given.abortOnFail || given.delayAbortEval > 0
      ? { ...given, delayAbortEval: duration.show(given.delayAbortEval) }
      : given.threshold,
};

const httpDebug = str;
const timeUnit = word(
  ['', 's', 'ms', 'us'],
  (text) => `invalid summary time unit: '${text}', use one of 's', 'ms', 'us'`,
);
/** `name=value` as flags have it, or `name:value` as K6_TAGS does. */
const keyValues = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split(',')
      .filter(Boolean)
      .map((part) => pair(part.replace(/^([^=:]*):/, '$1='))),
  );

export const DEFAULT_SYSTEM_TAGS = [
  'proto',
  'subproto',
  'status',
  'method',
  'url',
  'name',
  'group',
  'check',
  'error',
  'error_code',
  'tls_version',
  'scenario',
  'service',
  'expected_response',
] as const;

const SYSTEM_TAGS: ReadonlySet<string> = new Set([...DEFAULT_SYSTEM_TAGS, 'vu', 'iter', 'ip', 'ocsp_status']);

/** Others are left out without a word, as k6 does. */
function knownTags(names: readonly string[]): readonly string[] {
  return names.filter((name) => SYSTEM_TAGS.has(name));
}

/** System tags may be a list of names or, in a config file, names with true or false. */
const systemTags: Codec<readonly string[]> = {
  json(value) {
    if (Array.isArray(value)) return knownTags(list(str).json(value));
    return knownTags(Object.entries(asObject(value)).flatMap(([name, on]) => (on === true ? [name] : [])));
  },
  text: (text) => knownTags(text.split(',').map((name) => name.trim())),
  show: (names) => [...names].sort(),
};

function flag(name: string, help: string, more: Omit<FlagSpec, 'name' | 'help'> = {}): FlagSpec {
  return { name, help, ...more };
}

/** In the order of k6's JSON form. */
export const optionTable = {
  paused: { codec: bool, env: 'K6_PAUSED', flag: flag('paused', 'start the test in a paused state', { short: 'p' }) },
  vus: {
    codec: int,
    env: 'K6_VUS',
    flag: flag('vus', 'number of virtual users (default 1)', { short: 'u', arg: 'int' }),
  },
  duration: {
    codec: duration,
    env: 'K6_DURATION',
    flag: flag('duration', 'test duration limit', { short: 'd', arg: 'duration' }),
  },
  iterations: {
    codec: int,
    env: 'K6_ITERATIONS',
    flag: flag('iterations', 'total iteration limit, shared by all VUs', { short: 'i', arg: 'int' }),
  },
  stages: {
    codec: list(stage),
    env: 'K6_STAGES',
    flag: flag('stage', 'add a stage, as `[duration]:[target]`', { short: 's', arg: 'stage', repeat: true }),
  },
  scenarios: { codec: scenarios },
  executionSegment: {
    codec: str,
    env: 'K6_EXECUTION_SEGMENT',
    flag: flag('execution-segment', 'limit execution to the specified segment, e.g. 10%, 1/3, 0.2:2/3', {
      arg: 'from:to',
    }),
  },
  executionSegmentSequence: {
    codec: str,
    env: 'K6_EXECUTION_SEGMENT_SEQUENCE',
    flag: flag('execution-segment-sequence', 'the execution segment sequence', { arg: 'list' }),
  },
  noSetup: { codec: bool, env: 'K6_NO_SETUP', flag: flag('no-setup', "don't run setup()") },
  setupTimeout: { codec: duration, env: 'K6_SETUP_TIMEOUT' },
  noTeardown: { codec: bool, env: 'K6_NO_TEARDOWN', flag: flag('no-teardown', "don't run teardown()") },
  teardownTimeout: { codec: duration, env: 'K6_TEARDOWN_TIMEOUT' },
  handleSummaryTimeout: { codec: duration, env: 'K6_HANDLE_SUMMARY_TIMEOUT' },
  rps: { codec: int, env: 'K6_RPS', flag: flag('rps', 'limit requests per second', { arg: 'int' }) },
  dns: {
    codec: dns,
    env: 'K6_DNS',
    flag: flag('dns', 'DNS resolver configuration: ttl=…,select=first|random|roundRobin,policy=…', { arg: 'fields' }),
  },
  maxRedirects: {
    codec: int,
    env: 'K6_MAX_REDIRECTS',
    flag: flag('max-redirects', 'follow at most n redirects (default 10)', { arg: 'int' }),
  },
  userAgent: {
    codec: str,
    env: 'K6_USER_AGENT',
    flag: flag('user-agent', 'user agent for http requests', { arg: 'text' }),
  },
  batch: { codec: int, env: 'K6_BATCH', flag: flag('batch', 'max parallel batch reqs (default 20)', { arg: 'int' }) },
  batchPerHost: {
    codec: int,
    env: 'K6_BATCH_PER_HOST',
    flag: flag('batch-per-host', 'max parallel batch reqs per host (default 6)', { arg: 'int' }),
  },
  httpDebug: {
    codec: httpDebug,
    env: 'K6_HTTP_DEBUG',
    flag: flag('http-debug', 'log all HTTP requests and responses; bodies too with full', {
      arg: 'full',
      bare: 'headers',
    }),
  },
  insecureSkipTLSVerify: {
    codec: bool,
    env: 'K6_INSECURE_SKIP_TLS_VERIFY',
    flag: flag('insecure-skip-tls-verify', 'skip verification of TLS certificates'),
  },
  tlsCipherSuites: { codec: list(str) },
  tlsVersion: { codec: tlsVersion },
  tlsAuth: { codec: list(tlsAuth) },
  throw: {
    codec: bool,
    env: 'K6_THROW',
    flag: flag('throw', 'throw warnings (like failed http requests) as errors', { short: 'w' }),
  },
  thresholds: { codec: record(list(threshold, '[]metrics.thresholdConfig')) },
  blacklistIPs: {
    codec: list(str),
    env: 'K6_BLACKLIST_IPS',
    flag: flag('blacklist-ip', 'blacklist an IP range from being called', { arg: 'ip range', repeat: true }),
  },
  blockHostnames: {
    codec: list(str),
    env: 'K6_BLOCK_HOSTNAMES',
    flag: flag('block-hostnames', 'block a case-insensitive hostname pattern, with optional leading wildcard', {
      arg: 'patterns',
      repeat: true,
    }),
  },
  allowHostnames: {
    codec: list(str),
    env: 'GRAVL_K6_ALLOW_HOSTNAMES',
    flag: flag('allow-hostnames', 'call no hosts but these: names, *.domains, addresses, ranges, <local>', {
      arg: 'patterns',
      repeat: true,
    }),
    ours: true,
    runOnly: true,
  },
  hosts: { codec: record(str) },
  noConnectionReuse: {
    codec: bool,
    env: 'K6_NO_CONNECTION_REUSE',
    flag: flag('no-connection-reuse', 'disable keep-alive connections'),
  },
  noVUConnectionReuse: {
    codec: bool,
    env: 'K6_NO_VU_CONNECTION_REUSE',
    flag: flag('no-vu-connection-reuse', "don't reuse connections between iterations"),
  },
  minIterationDuration: {
    codec: duration,
    env: 'K6_MIN_ITERATION_DURATION',
    flag: flag('min-iteration-duration', 'minimum amount of time a single iteration takes', { arg: 'duration' }),
  },
  ext: { codec: anyObject, differs: 'passed on to scripts, without effect' },
  cloud: { codec: anyObject, differs: 'passed on to scripts, without effect' },
  summaryTrendStats: {
    codec: list(str),
    env: 'K6_SUMMARY_TREND_STATS',
    flag: flag(
      'summary-trend-stats',
      'stats for trend metrics: avg, min, med, max, p(N), count (default avg,min,med,max,p(90),p(95))',
      {
        arg: 'stats',
        repeat: true,
      },
    ),
  },
  summaryTimeUnit: {
    codec: timeUnit,
    env: 'K6_SUMMARY_TIME_UNIT',
    flag: flag('summary-time-unit', "time unit of the summary: 's', 'ms' or 'us'", { arg: 'unit' }),
  },
  systemTags: {
    codec: systemTags,
    env: 'K6_SYSTEM_TAGS',
    flag: flag('system-tags', 'only include these system tags in metrics', { arg: 'tags', repeat: true }),
  },
  tags: {
    codec: record(str, keyValues),
    env: 'K6_TAGS',
    flag: flag('tag', 'add a tag to all samples, as `[name]=[value]`', { arg: 'tag', repeat: true }),
  },
  metricSamplesBufferSize: { codec: int, env: 'K6_METRIC_SAMPLES_BUFFER_SIZE', differs: 'without effect' },
  noCookiesReset: { codec: bool, env: 'K6_NO_COOKIES_RESET' },
  discardResponseBodies: {
    codec: bool,
    env: 'K6_DISCARD_RESPONSE_BODIES',
    flag: flag('discard-response-bodies', 'read but do not process or save HTTP response bodies'),
  },
  consoleOutput: {
    codec: str,
    env: 'K6_CONSOLE_OUTPUT',
    flag: flag('console-output', 'redirect console logging to a file', { arg: 'file' }),
  },
  localIPs: {
    codec: str,
    env: 'K6_LOCAL_IPS',
    flag: flag('local-ips', 'client IP addresses, ranges or CIDRs to make requests from', { arg: 'ips' }),
  },
  features: {
    codec: list(str),
    env: 'K6_FEATURES',
    flag: flag('features', 'comma-separated feature flags to enable; see the command features', {
      arg: 'names',
      repeat: true,
    }),
    differs: 'native-histograms changes what Prometheus remote write sends, and nothing else',
  },
  linger: {
    codec: bool,
    env: 'K6_LINGER',
    flag: flag('linger', 'keep the API server alive past the end of the test', { short: 'l' }),
    runOnly: true,
  },
  out: {
    codec: list(str),
    env: 'K6_OUT',
    flag: flag('out', 'add an output, as `[type]` or `[type]=[argument]`', { short: 'o', arg: 'output', repeat: true }),
    differs: 'outputs other than those listed below are refused',
    runOnly: true,
  },
  noUsageReport: {
    codec: bool,
    env: 'K6_NO_USAGE_REPORT',
    flag: flag('no-usage-report', 'accepted for compatibility: nothing is ever reported'),
    differs: 'there is no usage report at all',
    runOnly: true,
  },
} as const satisfies Record<string, OptionSpec<unknown>>;

export type OptionKey = keyof typeof optionTable;
/** What one level (script, file, environment, flags) sets. */
export type Layer = {
  readonly [K in OptionKey]?: (typeof optionTable)[K]['codec'] extends Codec<infer T> ? T : never;
};
