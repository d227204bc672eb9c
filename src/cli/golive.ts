/** `gravl-load golive …` */
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { openCluster } from '../cluster/client.ts';
import { apiOf, type ApiObject } from '../cluster/objects.ts';
import { option, type OptionValues } from '../config/options.ts';
import { makePlan } from '../config/plan.ts';
import * as value from '../config/values.ts';
import { LoadError } from '../errors.ts';
import { gatherContext } from '../readiness/gates/context.ts';
import { evaluateGates, waiversSchema } from '../readiness/gates/evaluate.ts';
import { loadGolive } from '../readiness/golive/declared.ts';
import { goliveDir, newestRelease, openJournal, type Journal } from '../readiness/golive/journal.ts';
import { phases, type GoliveContext, type Phase, type SmokeResult, type Step } from '../readiness/golive/model.ts';
import { notify } from '../readiness/golive/notify.ts';
import { openSteps, runPhase, stateOf } from '../readiness/golive/procedure.ts';
import { readPrivateKey, readPublicKey, signOff, verifySignOff } from '../readiness/golive/signoff.ts';
import { stepsOf } from '../readiness/golive/steps/index.ts';
import { loadDeclared } from '../readiness/manifests/declared.ts';
import { loadManifests } from '../readiness/manifests/load.ts';
import { execute } from '../run/execute.ts';
import { gateOptions, textOption as text } from './readiness-options.ts';
import { command, type CommandContext, type CommandSpec } from './command.ts';
import { listenForSignals } from './signals.ts';

const flag = (flags: string, help: string) => option({ flags, help, schema: value.flag, fallback: false });

const recordOptions = {
  env: gateOptions.env,
  release: option<string | undefined>({
    flags: '--release <name>',
    help: 'what goes live, like v1.4.0',
    schema: z.string().regex(/^[\w][\w.-]*$/, 'must be a name of letters, digits, dots and dashes'),
    fallback: undefined,
    fallbackText: 'the newest one that was begun, else the date',
  }),
  manifests: option({
    flags: '--manifests <dir>',
    help: 'folder of the manifests and of golive.yaml',
    schema: value.text,
    fallback: 'k8s',
  }),
  results: option({
    flags: '--results <dir>',
    help: 'folder of runs and records',
    schema: value.text,
    fallback: 'results',
  }),
};

const phaseOptions = {
  ...recordOptions,
  context: text('--context <name>', 'cluster: a context of the kubeconfig'),
  ...gateOptions,
  dns: text('--dns <server>', 'DNS server to ask, address or address:port'),
  prometheus: option<string | undefined>({
    flags: '--prometheus <url>',
    help: 'address of Prometheus',
    schema: value.httpUrl,
    fallback: undefined,
    fallbackText: "golive.yaml's",
  }),
  alertmanager: option<string | undefined>({
    flags: '--alertmanager <url>',
    help: 'address of Alertmanager',
    schema: value.httpUrl,
    fallback: undefined,
    fallbackText: "golive.yaml's",
  }),
  notify: option<string | undefined>({
    flags: '--notify <url>',
    help: 'webhook that hears of every phase ({"text": …})',
    schema: value.httpUrl,
    fallback: undefined,
    variables: ['GRAVL_NOTIFY_URL'],
  }),
  accept: option<Readonly<Record<string, string>>>({
    flags: '--accept <step=reason>',
    help: 'go on although that step did not pass; the reason is recorded',
    schema: value.pairs,
    fallback: {},
    repeatable: true,
  }),
  for: option<number | undefined>({
    flags: '--for <time>',
    help: 'how long to watch, at most 4h',
    schema: value.duration,
    fallback: undefined,
    fallbackText: 'what golive.yaml asks for',
  }),
  rolloutTimeout: option({
    flags: '--rollout-timeout <time>',
    help: 'how long a rollout may take before it is rolled back',
    schema: value.duration,
    fallback: 600_000,
    fallbackText: '10m',
  }),
  drill: flag('--drill', 'do the failover drill: a pod is deleted'),
  again: flag('--again', 'do again what already passed'),
  yes: flag('--yes', 'yes, really change production and send it load'),
  dryRun: flag('--dry-run', 'show what would be done, and stop'),
};
type PhaseValues = OptionValues<typeof phaseOptions>;

const longestWatchMs = 4 * 3_600_000;

const summaries: Readonly<Record<Phase, string>> = {
  preflight: 'before the go-live: names, access, backups, gates, messages; nothing is changed',
  apply: 'policies, secrets, workloads, ingress: tried first, waited for, rolled back when they fail',
  validate: 'after the change: services, gates, smoke load, metrics, logs, failover drill',
  watch: 'promises and alerts for hours; a breach ends it at once',
};
const examples: Readonly<Record<Phase, CommandSpec['examples']>> = {
  preflight: [['gravl-load golive preflight --context gravl-prod --release v1.4.0', 'begin the record of v1.4.0']],
  apply: [
    ['gravl-load golive apply --context gravl-prod --dry-run', 'what would be applied, in which order'],
    ['gravl-load golive apply --context gravl-prod --yes', 'apply it; a rollout that fails is rolled back'],
  ],
  validate: [
    [
      'gravl-load golive validate --context gravl-prod --prometheus http://127.0.0.1:9090 --yes --drill',
      'with the failover drill',
    ],
  ],
  watch: [
    [
      'gravl-load golive watch --prometheus http://127.0.0.1:9090 --alertmanager http://127.0.0.1:9093 --for 3h',
      'three hours',
    ],
  ],
};

export const goliveCommands: readonly CommandSpec[] = [
  command({
    usage: 'golive status',
    summary: 'every step of the go-live: who, how long, how it stands',
    options: phaseOptions,
    examples: [
      ['gravl-load golive status', 'how the go-live of production stands'],
      ['gravl-load golive status --context gravl-prod --dry-run', 'with what each step will do'],
    ],
    async run(values, _, context) {
      const { steps, journal, golive } = await prepare(values, context, new AbortController().signal);
      context.stdout.write(`Go-live of ${values.env}, ${journal.release}\n`);
      for (const phase of phases) showPhase(phase, steps, journal, golive, context, values.dryRun);
      return 0;
    },
  }),
  ...phases.map((phase) =>
    command({
      usage: `golive ${phase}`,
      summary: summaries[phase],
      options: phaseOptions,
      examples: examples[phase],
      run: (values, _, context) => runOnePhase(phase, values, context),
    }),
  ),
  command({
    usage: 'golive signoff',
    summary: 'write and sign the record of a go-live whose every step passed',
    options: {
      ...recordOptions,
      key: text('--key <file>', 'Ed25519 private key, PEM'),
      signer: option({
        flags: '--signer <name>',
        help: 'who signs',
        schema: value.text,
        fallback: os.userInfo().username,
        fallbackText: 'your user name',
      }),
    },
    examples: [['gravl-load golive signoff --key signoff.key --signer jo', 'signoff.json, .md and .json.sig']],
    async run(values, _, { cwd, stdout, stderr }) {
      if (values.key === undefined) {
        throw new LoadError('usage.invalid', 'golive signoff needs --key FILE: the key that signs', {
          hint: 'openssl genpkey -algorithm ed25519 -out FILE makes one.',
        });
      }
      const key = await readPrivateKey(path.resolve(cwd, values.key));
      const steps = stepsOf(await loadGolive(path.resolve(cwd, values.manifests)));
      const journal = await journalOf(values, cwd);
      const open = phases.flatMap((phase) => openSteps(steps, journal, phase));
      if (open.length > 0) {
        stderr.write(`Not signed: ${open.length} steps of ${journal.release} did not pass.\n`);
        for (const step of open) stderr.write(`  ${step.phase} ${step.id}: ${stateOf(journal, step)}\n`);
        return 5;
      }
      for (const file of await signOff(journal, steps, key, values.signer))
        stdout.write(`${path.relative(cwd, file)}\n`);
      return 0;
    },
  }),
  command({
    usage: 'golive verify',
    summary: 'prove that a signed record is as it was signed',
    options: { ...recordOptions, key: text('--key <file>', 'Ed25519 public key, PEM') },
    examples: [['gravl-load golive verify --key signoff.pub --release v1.4.0', 'exit code 5 when it was changed']],
    async run(values, _, { cwd, stdout }) {
      if (values.key === undefined) {
        throw new LoadError('usage.invalid', 'golive verify needs --key FILE: the public key of who signed', {
          hint: 'openssl pkey -in KEY -pubout -out FILE makes it.',
        });
      }
      const results = path.resolve(cwd, values.results);
      const release = values.release ?? (await newestRelease(results, values.env)) ?? '';
      const key = await readPublicKey(path.resolve(cwd, values.key));
      const wrong = await verifySignOff(path.join(goliveDir(results, values.env), release), key);
      stdout.write(wrong.length === 0 ? `${release}: as it was signed\n` : wrong.map((line) => `${line}\n`).join(''));
      return wrong.length === 0 ? 0 : 5;
    },
  }),
];

async function runOnePhase(phase: Phase, values: PhaseValues, context: CommandContext): Promise<number> {
  const signals = listenForSignals(context.stderr);
  try {
    const { steps, journal, golive } = await prepare(values, context, signals.stop);
    const unknown = Object.keys(values.accept).find((id) => !steps.some((step) => step.id === id));
    if (unknown !== undefined) {
      const known = steps.map(({ id }) => id).join(', ');
      throw new LoadError('usage.invalid', `--accept: there is no step "${unknown}"; there are: ${known}`);
    }
    if (values.dryRun) {
      showPhase(phase, steps, journal, golive, context, true);
      return 0;
    }
    context.stdout.write(`${phase}: ${values.env}, ${journal.release}\n`);
    const done = await runPhase(phase, steps, golive, journal, values);
    const state = done.complete ? 'complete' : 'not complete';
    context.stdout.write(`${phase} is ${state}. Record: ${path.relative(context.cwd, journal.dir)}\n`);
    if (golive.notify !== undefined) {
      const failure = await notify(
        golive.notify,
        `Go-live of ${values.env}, ${journal.release}: ${phase} is ${state}.`,
      );
      if (failure !== undefined) context.stderr.write(`No message was sent: ${failure}\n`);
    }
    return done.complete ? 0 : 5;
  } catch (error) {
    if (!signals.stop.aborted) throw error;
    return signals.stop.reason === 'SIGTERM' ? 143 : 130;
  } finally {
    signals.dispose();
  }
}

function showPhase(
  phase: Phase,
  steps: readonly Step[],
  journal: Journal,
  golive: GoliveContext,
  { stdout }: CommandContext,
  intends: boolean,
): void {
  stdout.write(`\n${phase}\n`);
  for (const step of steps.filter((one) => one.phase === phase)) {
    const optional = step.optional === true ? ', on request' : '';
    stdout.write(
      `  ${step.id}: ${step.title} (${step.owner}, about ${step.expected}${optional}): ${stateOf(journal, step)}\n`,
    );
    if (intends) for (const line of step.intends(golive)) stdout.write(`      ${line}\n`);
  }
}

async function journalOf(values: OptionValues<typeof recordOptions>, cwd: string): Promise<Journal> {
  const results = path.resolve(cwd, values.results);
  const release = values.release ?? (await newestRelease(results, values.env)) ?? new Date().toISOString().slice(0, 10);
  return openJournal(results, values.env, release);
}

async function prepare(
  values: PhaseValues,
  context: CommandContext,
  stop: AbortSignal,
): Promise<{ steps: Step[]; journal: Journal; golive: GoliveContext }> {
  const at = (file: string): string => path.resolve(context.cwd, file);
  const manifests = at(values.manifests);
  const declared = await loadGolive(manifests);
  const place = declared.environments[values.env];
  const watchMs = values.for ?? place.watch.atLeast;
  if (watchMs > longestWatchMs) throw new LoadError('usage.invalid', '--for: at most 4h');
  const journal = await journalOf(values, context.cwd);
  const kubeconfig = values.kubeconfig === undefined ? undefined : at(values.kubeconfig);
  const api = values.context === undefined ? undefined : apiOf(openCluster(values.context, kubeconfig));
  const waivers =
    values.waivers === undefined ? [] : (await loadDeclared(at(values.waivers), waiversSchema, 'waivers')).waivers;
  const golive: GoliveContext = {
    environment: values.env,
    place,
    api,
    objects: await objectsFor(values.env, place.namespace, values.manifests, manifests, context.cwd),
    dir: journal.dir,
    results: at(values.results),
    prometheus: values.prometheus ?? place.prometheus,
    alertmanager: values.alertmanager ?? place.alertmanager,
    dns: values.dns,
    notify: values.notify,
    yes: values.yes,
    drill: values.drill,
    watchMs,
    rolloutMs: values.rolloutTimeout,
    stop,
    say: (line) => void context.stdout.write(`${line}\n`),
    gates: async (live) =>
      evaluateGates(
        await gatherContext({
          environment: values.env,
          manifests,
          results: at(values.results),
          context: live ? values.context : undefined,
          kubeconfig,
          scans: values.scan.map(at),
          tls: live ? values.tls : undefined,
          sealingCert: undefined,
          prometheus: live ? (values.prometheus ?? place.prometheus) : undefined,
          now: new Date(),
        }),
        waivers,
      ),
    smoke: () => smoke(values, context, stop),
  };
  return { steps: stepsOf(declared), journal, golive };
}

/** Of the environment, of monitoring, and what belongs to the cluster; not the load, which has a life of its own. */
async function objectsFor(
  env: string,
  namespace: string,
  place: string,
  manifests: string,
  cwd: string,
): Promise<ApiObject[]> {
  const other = env === 'production' ? 'gravl-staging' : 'gravl-prod';
  const places = path.resolve(place) === manifests && cwd === process.cwd() ? place : manifests;
  const objects = (await loadManifests([places])).map(({ body }) => body as ApiObject);
  return objects.filter(({ kind, metadata }) => {
    const where = kind === 'Namespace' ? metadata.name : metadata.namespace;
    if (where === namespace || where === undefined) return true;
    return where !== other && where !== 'gravl-load';
  });
}

async function smoke(
  { env, results, yes }: PhaseValues,
  context: CommandContext,
  stop: AbortSignal,
): Promise<SmokeResult> {
  const plan = await makePlan({
    flags: { env, results: path.resolve(context.cwd, results), profile: 'smoke', yes, quiet: true },
    env: context.env,
    cwd: context.cwd,
  });
  const quiet = {
    onStart: () => undefined,
    onEnd: () => undefined,
    onNotice: () => undefined,
    onDebug: () => undefined,
  };
  const { record } = await execute(plan, { env: context.env, stop, force: stop }, quiet);
  const { requests, duration } = record.total;
  const { state, reasons } = record.verdict;
  const p95 = duration === null ? 'none' : `${duration.p95.toFixed(1)} ms`;
  return { id: record.id, verdict: state, summary: [`${requests} requests, p95 ${p95}`, ...reasons].join('; ') };
}
