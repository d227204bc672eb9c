/**
 * The engine's configuration after consolidation: complete, validated, frozen, structured-cloneable. Inner code
 * never sees an undecided option: what k6 leaves null is `undefined` here only where absence means something.
 * All durations and times are milliseconds.
 */
import type { FeatureName } from './features.ts';

interface BaseScenario {
  readonly name: string;
  /** Offset from the start of the test. */
  readonly startTime: number;
  /** How long running iterations may go on after the scenario's regular end. */
  readonly gracefulStop: number;
  /** Exported function that an iteration runs. */
  readonly exec: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface SharedIterationsScenario extends BaseScenario {
  readonly executor: 'shared-iterations';
  readonly vus: number;
  readonly iterations: number;
  readonly maxDuration: number;
}

export interface PerVuIterationsScenario extends BaseScenario {
  readonly executor: 'per-vu-iterations';
  readonly vus: number;
  readonly iterations: number;
  readonly maxDuration: number;
}

export interface ConstantVusScenario extends BaseScenario {
  readonly executor: 'constant-vus';
  readonly vus: number;
  readonly duration: number;
}

/** `target` is a number of VUs, or of iterations per `timeUnit`, reached at the end of the stage. */
export interface Stage {
  readonly duration: number;
  readonly target: number;
}

export interface RampingVusScenario extends BaseScenario {
  readonly executor: 'ramping-vus';
  readonly startVUs: number;
  readonly stages: readonly Stage[];
  readonly gracefulRampDown: number;
}

interface ArrivalRateScenario extends BaseScenario {
  /** The period that rates and targets count iterations in. */
  readonly timeUnit: number;
  readonly preAllocatedVUs: number;
  readonly maxVUs: number;
}

export interface ConstantArrivalRateScenario extends ArrivalRateScenario {
  readonly executor: 'constant-arrival-rate';
  readonly rate: number;
  readonly duration: number;
}

export interface RampingArrivalRateScenario extends ArrivalRateScenario {
  readonly executor: 'ramping-arrival-rate';
  readonly startRate: number;
  readonly stages: readonly Stage[];
}

export type Scenario =
  | SharedIterationsScenario
  | PerVuIterationsScenario
  | ConstantVusScenario
  | RampingVusScenario
  | ConstantArrivalRateScenario
  | RampingArrivalRateScenario;

export type ExecutorName = Scenario['executor'];

export interface ThresholdConfig {
  readonly threshold: string;
  readonly abortOnFail: boolean;
  readonly delayAbortEval: number;
}

export interface DnsConfig {
  /** Infinity: for the whole run; 0: never cached. */
  readonly ttl: number;
  readonly select: 'first' | 'random' | 'roundRobin';
  readonly policy: 'preferIPv4' | 'preferIPv6' | 'onlyIPv4' | 'onlyIPv6' | 'any';
}

export type TlsVersionName = 'ssl3.0' | 'tls1.0' | 'tls1.1' | 'tls1.2' | 'tls1.3';

export interface TlsAuth {
  /** Host patterns (`*.example.com`); empty: every host. */
  readonly domains: readonly string[];
  readonly cert: string;
  readonly key: string;
  readonly password: string | undefined;
}

/** The scenarios, thresholds and client settings of a run. */
export interface Options {
  readonly paused: boolean;
  /** By start time, then by name. */
  readonly scenarios: readonly Scenario[];
  /** `from:to` as fractions, `undefined` for the whole test. */
  readonly executionSegment: string | undefined;
  readonly executionSegmentSequence: string | undefined;
  readonly noSetup: boolean;
  readonly setupTimeout: number;
  readonly noTeardown: boolean;
  readonly teardownTimeout: number;
  readonly handleSummaryTimeout: number;
  /** Requests per second over all VUs of this instance; `undefined`: unlimited. */
  readonly rps: number | undefined;
  readonly dns: DnsConfig;
  readonly maxRedirects: number;
  readonly userAgent: string;
  readonly batch: number;
  readonly batchPerHost: number;
  readonly httpDebug: 'off' | 'headers' | 'full';
  readonly insecureSkipTLSVerify: boolean;
  /** Go's cipher suite names; `undefined`: the defaults. */
  readonly tlsCipherSuites: readonly string[] | undefined;
  readonly tlsVersion: { readonly min: TlsVersionName; readonly max: TlsVersionName } | undefined;
  readonly tlsAuth: readonly TlsAuth[];
  readonly throw: boolean;
  readonly thresholds: Readonly<Record<string, readonly ThresholdConfig[]>>;
  /** CIDR ranges. */
  readonly blacklistIPs: readonly string[];
  /** Host names, `*.` wildcards allowed. */
  readonly blockHostnames: readonly string[];
  /** The only hosts that may be reached: names, `*.` wildcards, addresses, CIDR ranges, `<local>`; none: every host. */
  readonly allowHostnames: readonly string[];
  /** Host, or host:port, with `*` allowed → address, or address:port. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly noConnectionReuse: boolean;
  readonly noVUConnectionReuse: boolean;
  readonly minIterationDuration: number;
  readonly discardResponseBodies: boolean;
  readonly noCookiesReset: boolean;
  readonly consoleOutput: string | undefined;
  /** Addresses, ranges (`a-b`) and CIDR blocks to connect from; `undefined`: the system chooses. */
  readonly localIPs: string | undefined;
  readonly summaryTrendStats: readonly string[];
  readonly summaryTimeUnit: '' | 's' | 'ms' | 'us';
  readonly systemTags: readonly string[];
  /** Tags of the whole run. */
  readonly tags: Readonly<Record<string, string>>;
  readonly features: readonly FeatureName[];
  readonly linger: boolean;
  readonly ext: Readonly<Record<string, unknown>>;
  readonly cloud: Readonly<Record<string, unknown>>;
}

export type SummaryMode = 'compact' | 'full' | 'disabled';

/** What only flags and K6_* variables decide: how the run is loaded, watched and reported. */
export interface RuntimeConfig {
  /** The script's `__ENV`. */
  readonly env: Readonly<Record<string, string>>;
  readonly compatibilityMode: 'base' | 'extended' | 'experimental_enhanced';
  readonly scriptType: 'js' | 'archive' | undefined;
  readonly noThresholds: boolean;
  readonly summaryMode: SummaryMode;
  readonly summaryExport: string | undefined;
  /** The documented JSON schema of machine-readable summaries instead of the legacy one. */
  readonly machineReadableSummary: boolean;
  readonly secretSources: readonly string[];
  readonly quiet: boolean;
  readonly noColor: boolean;
  readonly verbose: boolean;
  readonly logFormat: string;
  readonly logOutput: string;
  /** `host:port` of the REST API; `undefined`: not served. */
  readonly address: string | undefined;
  /** Engine threads; `undefined`: decided from the planned load. */
  readonly threads: number | undefined;
  readonly strategy: 'auto' | 'fast' | 'exact';
  readonly noRemote: boolean;
  /** Folders below which the script's `open()` may read, besides its own root. */
  readonly allowRead: readonly string[];
}
