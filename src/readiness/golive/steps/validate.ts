/** After the change: does it work, is it seen, does it survive the loss of a pod? */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api, ApiObject } from '../../../cluster/objects.ts';
import { reasonOf } from '../../../cluster/client.ts';
import { LoadError, messageOf } from '../../../errors.ts';
import { field, list } from '../../gates/model.ts';
import type { Place } from '../declared.ts';
import { judge, needsContext, notChecked, type GoliveContext, type Step } from '../model.ts';
import { instant } from '../../prometheus.ts';
import { redactUrl } from '../../../config/redact.ts';
import { withoutCredentials } from '../../address.ts';

const timeoutMs = 10_000;
const logSeconds = 900;
const drillPollMs = 250;

export const validateSteps: readonly Step[] = [
  {
    id: 'services',
    phase: 'validate',
    title: 'every service answers',
    owner: 'development',
    expected: '1m',
    intends: ({ place }) => place.checks.map(({ url, status }) => `GET ${url}, expecting ${status}`),
    async run({ place }) {
      const failures = await Promise.all(place.checks.map(checkService));
      return judge(
        failures.filter((failure) => failure !== undefined),
        place.checks.map(({ name }) => name).join(', '),
      );
    },
  },
  {
    id: 'gates-live',
    phase: 'validate',
    title: 'every gate passes on the running cluster',
    owner: 'operations',
    expected: '2m',
    intends: ({ api }) => [`evaluate the readiness gates on ${api?.cluster.context ?? 'the cluster (--context)'}`],
    async run(context) {
      if (context.api === undefined) return needsContext;
      const { results } = await context.gates(true);
      const of = (state: string): number => results.filter((result) => result.state === state).length;
      const open = results.filter(({ state }) => state === 'fail' || state === 'not checked');
      const evidence = `${of('pass')} pass, ${of('waived')} waived, ${of('fail')} fail, ${of('not checked')} not checked`;
      const findings = open.map(({ id, state, evidence: seen }) => `${id}: ${state}: ${seen}`);
      if (of('fail') === 0 && of('not checked') > 0) return { state: 'not checked', evidence, findings };
      return judge(findings, evidence);
    },
  },
  {
    id: 'smoke',
    phase: 'validate',
    title: 'a smoke load passes',
    owner: 'development',
    expected: '1m',
    intends: ({ environment }) => [`gravl-load run --env ${environment} --profile smoke --yes`],
    async run(context) {
      if (context.environment === 'production' && !context.yes) return notChecked('load on production needs --yes');
      const { id, verdict, summary } = await context.smoke();
      return judge(verdict === 'PASS' ? [] : [`${verdict}: ${summary}`], `run ${id}: ${summary}`);
    },
  },
  {
    id: 'metrics',
    phase: 'validate',
    title: 'metrics arrive',
    owner: 'operations',
    expected: '2m',
    intends: ({ place, prometheus }) => [
      prometheus === undefined
        ? 'nothing: no --prometheus'
        : `ask Prometheus whether ${place.namespace} is scraped, and for ${place.traffic}`,
    ],
    async run({ place, prometheus }) {
      if (prometheus === undefined) return notChecked('no address of Prometheus (--prometheus)');
      const up = await instant(prometheus, `up{namespace="${place.namespace}"}`);
      const traffic = await instant(prometheus, place.traffic);
      const down = up.filter(({ value }) => value !== 1);
      const findings = down.map(({ labels }) => `${labels['app'] ?? ''} ${labels['instance'] ?? ''} is not scraped`);
      if (up.length === 0) findings.push(`Prometheus scrapes nothing in ${place.namespace}`);
      if (!traffic.some(({ value }) => value > 0)) findings.push(`no traffic is counted: ${place.traffic}`);
      return judge(findings, `${up.length} targets`);
    },
  },
  {
    id: 'logs',
    phase: 'validate',
    title: 'logs arrive',
    owner: 'operations',
    expected: '2m',
    intends: ({ place }) => place.logs.map((app) => `read the last lines of ${app} in ${place.namespace}`),
    async run({ api, place }) {
      if (api === undefined) return needsContext;
      if (place.logs.length === 0) return notChecked('no workload is declared (k8s/golive.yaml, logs)');
      const findings: string[] = [];
      for (const app of place.logs) {
        const lines = await recentLines(api, place.namespace, app);
        if (lines === 0) findings.push(`${app} has logged nothing in the last ${logSeconds / 60} minutes`);
      }
      return judge(findings, place.logs.join(', '));
    },
  },
  {
    id: 'failover',
    phase: 'validate',
    title: 'a pod is lost and nobody notices',
    owner: 'operations',
    expected: '5m',
    optional: true,
    intends: ({ place, drill }) => [
      drill
        ? `delete one pod of ${place.drill} and ask ${place.checks[0]?.url ?? ''} until it is replaced`
        : 'nothing: only with --drill',
    ],
    async run(context) {
      const { api, drill, environment, yes } = context;
      if (!drill) return notChecked('on request only (--drill)');
      if (api === undefined) return needsContext;
      if (environment === 'production' && !yes) return notChecked('production is disturbed only with --yes');
      return failover(context, api);
    },
  },
];

/** What is wrong; undefined when it is as declared. */
async function checkService({ name, url, status, contains }: Place['checks'][number]): Promise<string | undefined> {
  const shown = redactUrl(url);
  try {
    const plain = withoutCredentials(url);
    const response = await fetch(plain.url, {
      headers: plain.headers,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'manual',
    });
    const body = await response.text();
    if (response.status !== status) return `${name}: ${shown} answers ${response.status}, not ${status}`;
    if (contains !== undefined && !body.includes(contains)) return `${name}: ${shown} does not contain "${contains}"`;
    return undefined;
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return `${name}: ${shown}: ${messageOf(cause)}`;
  }
}

async function podsOf(api: Api, namespace: string, app: string): Promise<ApiObject[]> {
  const query = `labelSelector=${encodeURIComponent(`app=${app}`)}`;
  const { status, body } = await api.cluster.get(`/api/v1/namespaces/${namespace}/pods?${query}`);
  if (status !== 200) throw new LoadError('cluster.refused', `pods of ${namespace}: ${reasonOf(status, body)}`);
  return list(field(body, 'items')).map((item) => ({ ...(item as ApiObject), apiVersion: 'v1', kind: 'Pod' }));
}

async function recentLines(api: Api, namespace: string, app: string): Promise<number> {
  let lines = 0;
  for (const { metadata } of await podsOf(api, namespace, app)) {
    const place = `/api/v1/namespaces/${namespace}/pods/${metadata.name}/log?tailLines=5&sinceSeconds=${logSeconds}`;
    const { status, body } = await api.cluster.get(place);
    if (status !== 200)
      throw new LoadError('cluster.refused', `the log of ${metadata.name}: ${reasonOf(status, body)}`);
    lines += String(body).split('\n').filter(Boolean).length;
  }
  return lines;
}

const isReady = (pod: ApiObject): boolean =>
  field(pod, 'metadata', 'deletionTimestamp') === undefined &&
  list(field(pod, 'status', 'conditions')).some(
    (one) => field(one, 'type') === 'Ready' && field(one, 'status') === 'True',
  );

async function failover({ place, rolloutMs, stop }: GoliveContext, api: Api): ReturnType<Step['run']> {
  const [check] = place.checks;
  const before = (await podsOf(api, place.namespace, place.drill)).filter(isReady);
  const [victim] = before;
  if (victim === undefined || check === undefined)
    return judge([`${place.drill} has no pod that is ready`], 'nothing was done');
  if (before.length < 2) return judge([`${place.drill} has one pod: its loss is an outage`], 'nothing was done');
  await api.remove(victim);
  const deadline = performance.now() + rolloutMs;
  let asked = 0;
  const failures: string[] = [];
  for (;;) {
    const failure = await checkService(check);
    asked++;
    if (failure !== undefined) failures.push(failure);
    const ready = (await podsOf(api, place.namespace, place.drill)).filter(isReady);
    const replaced =
      ready.length >= before.length && !ready.some(({ metadata }) => metadata.name === victim.metadata.name);
    if (replaced) break;
    if (performance.now() > deadline || stop.aborted) {
      failures.push(`${ready.length} of ${before.length} pods are ready again`);
      break;
    }
    await delay(drillPollMs);
  }
  return judge(
    [...new Set(failures)],
    `${victim.metadata.name} was deleted; ${asked} questions meanwhile, ${failures.length} failed`,
  );
}
