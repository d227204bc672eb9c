/** Distributed load: a TestRun of the k6-operator, whose pods are followed and merged into one outcome. */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { openCluster, reasonOf, type Cluster } from '../../cluster/client.ts';
import { apiOf, missingPermissions, permissionText, titleOf, type Api, type ApiObject } from '../../cluster/objects.ts';
import { LoadError, messageOf } from '../../errors.ts';
import type { SummaryData } from '../../suite/summary/index.ts';
import { errorMessage, versionIn } from '../process.ts';
import type { RunOutcome, Runner, RunRequest } from '../types.ts';
import { podLimits, renderRun, type OperatorOptions } from './manifests.ts';
import { mergeExitCodes, mergeSummaries } from './merge.ts';
import { openParts, type Parts } from './parts.ts';
import { listPods, podLog, type RunnerPod } from './pods.ts';

export interface OperatorPlan extends OperatorOptions {
  readonly context: string;
  readonly kubeconfig: string | undefined;
  /** How long pods may take until all of them run, in milliseconds. */
  readonly startTimeoutMs: number;
}

const pollMs = 1000;
/** An API server that is away is waited for that long: the load goes on without it. */
const longestAbsenceMs = 120_000;
/** After a stop: pods end gracefully, then their logs end. */
const stopMs = 45_000;
/** Pods may run that much longer than the load is planned, for set-up and graceful stop. */
const marginMs = 300_000;
const keptErrors = 10;

export function operatorRunner(plan: OperatorPlan, durationMs: number): Runner {
  const cluster = openCluster(plan.context, plan.kubeconfig);
  const api = apiOf(cluster);
  return {
    name: 'operator',
    machine: machineOf(plan),
    async version() {
      await requireOperator(cluster, plan);
      // Of a digest nobody can tell.
      return versionIn(plan.image.split('@')[0]?.split('/').at(-1) ?? '');
    },
    run: (request) => run(plan, api, request, durationMs),
  };
}

/** What the pods may use: two runs compare when they had the same. */
function machineOf({ parallelism, context }: OperatorPlan): NonNullable<Runner['machine']> {
  return {
    cpus: parallelism * podLimits.cpus,
    model: `${parallelism} pods of the k6-operator`,
    memoryMb: parallelism * podLimits.memoryMb,
    os: 'kubernetes',
    node: '',
    class: `k6-operator ${parallelism} x ${podLimits.cpus} cpu ${context}`,
  };
}

/** Fails before anything is applied. @throws LoadError engine.missing, cluster.refused */
async function requireOperator(cluster: Cluster, { namespace }: OperatorPlan): Promise<void> {
  const { status, body } = await cluster.get('/apis/k6.io/v1alpha1');
  if (status === 404) {
    throw new LoadError('engine.missing', `${cluster.context} has no k6-operator: it knows no k6.io/v1alpha1`, {
      hint: 'Install it: https://grafana.com/docs/k6/latest/set-up/set-up-distributed-k6/install-k6-operator/',
    });
  }
  if (status !== 200) throw new LoadError('cluster.refused', `${cluster.context}: ${reasonOf(status, body)}`);
  const needed = [
    ...['create', 'patch', 'get', 'delete'].map((verb) => ({ verb, group: 'k6.io', resource: 'testruns', namespace })),
    ...['create', 'patch', 'get', 'delete'].map((verb) => ({ verb, group: '', resource: 'configmaps', namespace })),
    { verb: 'list', group: '', resource: 'pods', namespace },
    { verb: 'get', group: '', resource: 'pods/log', namespace },
  ];
  const missing = await missingPermissions(cluster, needed);
  if (missing.length === 0) return;
  throw new LoadError('cluster.refused', `${cluster.context} does not let you run a distributed load:`, {
    problems: missing.map(permissionText),
    hint: `The role load-runner of k8s/load/namespace.yaml has what is needed; bind it to yourself in ${namespace}.`,
  });
}

async function run(plan: OperatorPlan, api: Api, request: RunRequest, durationMs: number): Promise<RunOutcome> {
  const name = runName(request);
  const { configMap, testRun } = renderRun({
    ...plan,
    name,
    script: await readFile(request.script, 'utf8'),
    scriptPlan: request.scriptPlan,
    variables: { ...request.variables, ...request.secrets },
  });
  for (const object of [configMap, testRun]) await api.apply(object, { dryRun: true });
  const log = createWriteStream(request.logFile, { flags: 'a' });
  const applied: ApiObject[] = [];
  try {
    for (const object of [configMap, testRun]) {
      request.stop.throwIfAborted();
      request.onDebug(`apply ${titleOf(object)}`);
      // Counted first: an answer that is lost on its way may have been a yes.
      applied.push(object);
      const made = await api.apply(object);
      if (object === testRun) await own(api, configMap, made);
    }
    const follower = new Follower(plan, api.cluster, name, request, (line) => log.write(`${line}\n`));
    return await follower.follow(durationMs, () => api.remove(testRun));
  } finally {
    await cleanUp(api, applied.reverse(), request);
    log.end();
    await finished(log);
  }
}

/** Whoever deletes the TestRun deletes the ConfigMap with it, also when we cannot. */
async function own(api: Api, configMap: ApiObject, testRun: ApiObject): Promise<void> {
  const { apiVersion, kind, metadata } = testRun as ApiObject & { metadata: { uid: string } };
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid };
  await api.apply({ ...configMap, metadata: { ...configMap.metadata, ownerReferences: [owner] } });
}

async function cleanUp(api: Api, objects: readonly ApiObject[], request: RunRequest): Promise<void> {
  for (const object of objects) {
    try {
      await api.remove(object);
      request.onDebug(`removed ${titleOf(object)}`);
    } catch (error) {
      request.onNotice(
        `${titleOf(object)} could not be removed (${messageOf(error)}). Remove it by hand: kubectl --context ` +
          `${api.cluster.context} -n ${object.metadata.namespace ?? ''} delete ${object.kind.toLowerCase()} ${object.metadata.name}`,
      );
    }
  }
}

/** The run's id, as Kubernetes takes names. */
const runName = ({ workDir }: RunRequest): string =>
  `load-${path.basename(path.dirname(workDir)).replace(/^\.partial-/, '')}`.toLowerCase().slice(0, 50);

class Follower {
  readonly #plan: OperatorPlan;
  readonly #cluster: Cluster;
  readonly #name: string;
  readonly #request: RunRequest;
  readonly #log: (line: string) => void;
  readonly #parts: Parts;
  readonly #followed = new Map<string, Promise<void>>();
  readonly #errors: string[] = [];
  readonly #summaries: SummaryData[] = [];
  readonly #end = new AbortController();

  constructor(plan: OperatorPlan, cluster: Cluster, name: string, request: RunRequest, log: (line: string) => void) {
    this.#plan = plan;
    this.#cluster = cluster;
    this.#name = name;
    this.#request = request;
    this.#log = log;
    this.#parts = openParts(plan.output, request.measurement, plan.parallelism);
  }

  /** @throws LoadError engine.failed when the pods do not come to run */
  async follow(durationMs: number, stopPods: () => Promise<void>): Promise<RunOutcome> {
    const { stop, force } = this.#request;
    const kill = (): void => this.#end.abort();
    force.addEventListener('abort', kill, { once: true });
    try {
      let pods = await this.#untilStarted();
      const deadline = performance.now() + durationMs + marginMs;
      let overdue = false;
      while (!stop.aborted && !pods.every(({ ended }) => ended)) {
        if (performance.now() > deadline) {
          overdue = true;
          this.#keepError(`the pods still ran ${marginMs / 1000} s after the planned end, and were stopped`);
          break;
        }
        await this.#pause();
        pods = await this.#look();
      }
      if (stop.aborted || overdue) {
        await stopPods();
        // Nothing else must wait for that time when the logs end before it.
        await Promise.race([this.#logsEnd(), delay(stopMs, undefined, { ref: false }), aborted(force)]);
        this.#end.abort();
      }
      await this.#logsEnd();
      return this.#outcome(pods, overdue);
    } finally {
      this.#end.abort();
      force.removeEventListener('abort', kill);
      await this.#logsEnd();
    }
  }

  async #untilStarted(): Promise<readonly RunnerPod[]> {
    const { parallelism, startTimeoutMs } = this.#plan;
    const deadline = performance.now() + startTimeoutMs;
    for (;;) {
      const pods = await this.#look();
      const started = pods.filter(({ started: yes }) => yes);
      if (started.length >= parallelism || this.#request.stop.aborted) return pods;
      const stage = await this.#stage();
      if (stage.failed || performance.now() > deadline) {
        const waited = `${started.length} of ${parallelism} runner pods started within ${startTimeoutMs / 1000} s`;
        throw new LoadError(
          'engine.failed',
          stage.failed ? `the k6-operator gave the TestRun up (${stage.text})` : waited,
          {
            problems: [`TestRun ${this.#name}: ${stage.text}`, ...pods.flatMap(troubleOf)],
            hint: `Does the k6-operator run, and may it make pods in ${this.#plan.namespace}? kubectl -n ${this.#plan.namespace} get testruns,jobs,events`,
          },
        );
      }
      await this.#pause();
    }
  }

  /** Lists the pods, and follows the log of every one that started. An API server that is away is waited for. */
  async #look(): Promise<readonly RunnerPod[]> {
    const deadline = performance.now() + longestAbsenceMs;
    for (;;) {
      try {
        const pods = await listPods(this.#cluster, this.#plan.namespace, this.#name);
        for (const pod of pods) {
          if (!pod.started || this.#followed.has(pod.name)) continue;
          this.#followed.set(pod.name, this.#followLog(pod, this.#followed.size));
        }
        return pods;
      } catch (error) {
        const passing = error instanceof LoadError && error.code === 'cluster.unreachable';
        if (!passing || performance.now() > deadline || this.#request.stop.aborted) throw error;
        this.#request.onDebug(messageOf(error));
        await this.#pause();
      }
    }
  }

  async #followLog(pod: RunnerPod, index: number): Promise<void> {
    const patience = (attempt: number): Promise<boolean> =>
      delay(pollMs, attempt * pollMs < longestAbsenceMs, { signal: this.#end.signal }).catch(() => false);
    try {
      for await (const raw of podLog(this.#cluster, this.#plan.namespace, pod, this.#end.signal, patience)) {
        const line = this.#request.redact(raw);
        if (this.#parts.line(index, line)) continue;
        const summary = summaryIn(line);
        if (summary !== undefined) {
          this.#summaries.push(summary);
          continue;
        }
        this.#log(`${pod.name} ${line}`);
        this.#request.onDebug(`${pod.name} ${line}`);
        const error = errorMessage(line);
        if (error !== undefined) this.#keepError(`${pod.name}: ${error}`);
      }
    } catch (error) {
      this.#keepError(`the log of ${pod.name} could not be read to its end: ${messageOf(error)}`);
    }
  }

  async #stage(): Promise<{ text: string; failed: boolean }> {
    const place = `/apis/k6.io/v1alpha1/namespaces/${this.#plan.namespace}/testruns/${this.#name}`;
    const { body } = await this.#cluster.get(place);
    const { stage = 'not looked at by the operator', conditions = [] } =
      (body as { status?: { stage?: string; conditions?: { status: string; message: string }[] } }).status ?? {};
    const messages = conditions.flatMap(({ message }) => (message === '' ? [] : [message]));
    return { text: [stage, ...messages].join('; '), failed: stage === 'error' };
  }

  #outcome(pods: readonly RunnerPod[], overdue: boolean): RunOutcome {
    const { parallelism, image } = this.#plan;
    const { measurement, stop, scriptPlan } = this.#request;
    const parts = this.#parts.finish();
    const whole = this.#summaries.length === parallelism;
    const summary = mergeSummaries(this.#summaries, measurement);
    const codes = pods.map(({ exitCode }) => exitCode);
    while (codes.length < parallelism) codes.push(null);
    for (const trouble of pods.flatMap(troubleOf)) this.#keepError(trouble);
    const abortOnFail = Object.values(scriptPlan.options.thresholds ?? {})
      .flat()
      .some((limit) => typeof limit !== 'string' && limit.abortOnFail === true);
    const lost = `only ${this.#summaries.length} of ${parallelism} pods gave a summary`;
    return {
      engine: { name: 'operator', version: versionIn(image.split('@')[0]?.split('/').at(-1) ?? '') },
      exitCode: stop.aborted || overdue ? null : mergeExitCodes(codes, summary, abortOnFail),
      summary,
      ...parts,
      missing: {
        ...parts.missing,
        ...(whole ? {} : { thresholds: lost, checks: lost, dataReceived: lost, dataSent: lost }),
      },
      errors: this.#errors,
    };
  }

  #keepError(text: string): void {
    this.#errors.push(text);
    if (this.#errors.length > keptErrors) this.#errors.shift();
  }

  async #logsEnd(): Promise<void> {
    await Promise.all(this.#followed.values());
  }

  async #pause(): Promise<void> {
    await delay(pollMs, undefined, { signal: AbortSignal.any([this.#request.stop, this.#request.force]) }).catch(
      () => undefined,
    );
  }
}

const troubleOf = ({ name, trouble }: RunnerPod): string[] => (trouble === undefined ? [] : [`${name}: ${trouble}`]);

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function summaryIn(line: string): SummaryData | undefined {
  if (!line.startsWith('{') || !line.includes('"root_group"')) return undefined;
  try {
    return JSON.parse(line) as SummaryData;
  } catch {
    return undefined;
  }
}
