/** The options of `gravl-load run`. */
import { z } from 'zod';
import { option } from './options.ts';
import * as value from './values.ts';

export const engines = ['auto', 'embedded', 'k6', 'docker', 'operator'] as const;

/** The image of --engine docker and operator; a version, never `latest`. */
export const k6Image = 'grafana/k6:2.2.0';

export const runOptions = {
  env: option({
    flags: '--env <name>',
    help: 'environment: local, staging, production, or one of gravl-load.config.ts',
    schema: value.text,
    fallback: 'local',
  }),
  profile: option({
    flags: '--profile <name>',
    help: 'load profile: smoke, baseline, average, stress, spike, soak, breakpoint, or one of your own',
    schema: value.text,
    fallback: 'baseline',
  }),
  scenario: option<readonly string[] | undefined>({
    flags: '--scenario <names>',
    help: 'scenarios that take turns, with commas; "all" for every one',
    schema: value.names,
    fallback: undefined,
    fallbackText: "the profile's",
    repeatable: true,
  }),
  engine: option({
    flags: '--engine <name>',
    help: 'auto (K6_BIN, k6 on the PATH, else embedded), embedded, k6, docker, operator (distributed, in a cluster)',
    schema: value.text,
    fallback: 'auto',
  }),
  vus: option<number | undefined>({
    flags: '--vus <n>',
    help: 'users; scales the stages of a profile that has stages',
    schema: value.count(1),
    fallback: undefined,
  }),
  duration: option<number | undefined>({
    flags: '--duration <time>',
    help: 'duration like 30s or 5m; scales the stages of a profile that has stages',
    schema: value.duration,
    fallback: undefined,
  }),
  rate: option<number | undefined>({
    flags: '--rate <n>',
    help: 'iterations per second, whether or not the target keeps up (open model)',
    schema: value.positive,
    fallback: undefined,
  }),
  iterations: option<number | undefined>({
    flags: '--iterations <n>',
    help: 'iterations in all, shared by the users',
    schema: value.count(1),
    fallback: undefined,
  }),
  baseUrl: option<string | undefined>({
    flags: '--base-url <url>',
    help: 'address of the API instead of the one of the environment',
    schema: value.httpUrl,
    fallback: undefined,
    variables: ['GRAVL_API_URL'],
  }),
  metricsUrl: option<string | undefined>({
    flags: '--metrics-url <url>',
    help: 'address whose /metrics is Prometheus text',
    schema: value.httpUrl,
    fallback: undefined,
    variables: ['GRAVL_METRICS_URL'],
  }),
  tokenFile: option<string | undefined>({
    flags: '--token-file <file>',
    help: 'file with the token that requests to the API carry; or the token itself in GRAVL_API_TOKEN',
    schema: value.text,
    fallback: undefined,
  }),
  results: option({
    flags: '--results <dir>',
    help: 'folder of runs and baselines',
    schema: value.text,
    fallback: 'results',
  }),
  tag: option({
    flags: '--tag <K=V>',
    help: 'tag on every sample and on the record',
    schema: value.pairs,
    fallback: {},
    repeatable: true,
  }),
  variable: option({
    flags: '-e, --variable <K=V>',
    help: 'variable that scenarios read as __ENV.K',
    schema: value.pairs,
    fallback: {},
    repeatable: true,
  }),
  dockerImage: option({
    flags: '--docker-image <image>',
    help: 'image of --engine docker',
    schema: value.text,
    fallback: k6Image,
  }),
  dockerNetwork: option({
    flags: '--docker-network <name>',
    help: "network of --engine docker; host reaches this machine's ports",
    schema: value.text,
    fallback: 'host',
  }),
  parallelism: option({
    flags: '--parallelism <n>',
    help: 'pods that share the load of --engine operator',
    schema: value.count(1),
    fallback: 1,
    fallbackText: '1',
  }),
  context: option<string | undefined>({
    flags: '--context <name>',
    help: 'cluster of --engine operator: a context of the kubeconfig',
    schema: value.text,
    fallback: undefined,
  }),
  kubeconfig: option<string | undefined>({
    flags: '--kubeconfig <file>',
    help: 'kubeconfig, instead of KUBECONFIG or ~/.kube/config',
    schema: value.text,
    fallback: undefined,
  }),
  namespace: option({
    flags: '--namespace <name>',
    help: 'namespace of --engine operator',
    schema: value.text,
    fallback: 'gravl-load',
  }),
  runnerImage: option({
    flags: '--runner-image <image>',
    help: "image of --engine operator's pods",
    schema: value.text,
    fallback: k6Image,
  }),
  runnerOutput: option({
    flags: '--runner-output <name>',
    help: 'what the pods of --engine operator log: json (any k6), or record (gravl-k6; for high rates)',
    schema: z.enum(['json', 'record'], 'must be json or record'),
    fallback: 'json',
  }),
  runnerSecret: option<string | undefined>({
    flags: '--runner-secret <name>',
    help: 'Secret of the namespace whose entries become variables of the scenarios (--engine operator)',
    schema: value.text,
    fallback: undefined,
  }),
  startTimeout: option({
    flags: '--start-timeout <time>',
    help: 'how long the pods of --engine operator may take to start',
    schema: value.duration,
    fallback: 180_000,
    fallbackText: '3m',
  }),
  saveBaseline: option({
    flags: '--save-baseline',
    help: 'add the run to the baselines when its verdict is PASS',
    schema: value.flag,
    fallback: false,
    inFile: false,
  }),
  compare: option({
    flags: '--no-compare',
    help: 'do not compare with the stored baseline',
    schema: value.flag,
    fallback: true,
  }),
  window: option<number | undefined>({
    flags: '--window <time>',
    help: 'thresholds on durations and failed requests must hold in every sliding window of that length, too',
    schema: value.duration,
    fallback: undefined,
  }),
  strict: option({
    flags: '--strict',
    help: 'exit code 4 when the comparison is inconclusive or not possible',
    schema: value.flag,
    fallback: false,
  }),
  repeat: option({
    flags: '--repeat <n>',
    help: 'runs in a row that are judged as one candidate',
    schema: value.count(1),
    fallback: 1,
    fallbackText: '1',
  }),
  confirm: option({
    flags: '--confirm',
    help: 'repeat, at most three times, when the comparison says worse or inconclusive',
    schema: value.flag,
    fallback: false,
  }),
  minEffect: option({
    flags: '--min-effect <share>',
    help: 'smallest relative change of a time or of throughput that matters',
    schema: value.fraction,
    fallback: 0.05,
    fallbackText: '0.05',
  }),
  minEffectMs: option({
    flags: '--min-effect-ms <n>',
    help: 'smallest change of a time that matters, in milliseconds',
    schema: value.nonNegative,
    fallback: 1,
    fallbackText: '1',
  }),
  yes: option({
    flags: '--yes',
    help: 'yes, really send load to production',
    schema: value.flag,
    fallback: false,
    inFile: false,
  }),
  json: option({
    flags: '--json',
    help: 'print one JSON document, the run record, and nothing else on standard output',
    schema: value.flag,
    fallback: false,
    inFile: false,
  }),
  quiet: option({
    flags: '--quiet',
    help: 'no progress, only the verdict',
    schema: value.flag,
    fallback: false,
  }),
  debug: option({
    flags: '--debug',
    help: "show the engine's command and log, and the stack of a failure",
    schema: value.flag,
    fallback: false,
  }),
  dryRun: option({
    flags: '--dry-run',
    help: 'print the plan and stop',
    schema: value.flag,
    fallback: false,
    inFile: false,
  }),
};
