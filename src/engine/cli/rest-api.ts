/** The REST API of a running test, in k6's JSON shapes: status, metrics, groups, setup data. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { ScriptError } from '../contracts/vu.ts';
import type { TestRun } from '../execution/run.ts';
import type { SummaryData } from '../summary/index.ts';

/** k6's numbers for the phases of a run. */
const PHASE_NUMBER = { init: 1, paused: 4, setup: 6, running: 7, teardown: 8, done: 9 } as const;
const INTERRUPTED = 10;

type SummaryMetric = SummaryData['metrics'][string];
type SummaryGroup = SummaryData['root_group'];
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface RestApi {
  close(): Promise<void>;
}

/** @throws EngineError (106) when the address cannot be used */
export async function serveRestApi(address: string, run: TestRun): Promise<RestApi> {
  const [host, port] = splitAddress(address);
  const server = createServer((request, response) => {
    void answer(request, run)
      .catch(() => failure(400, 'Bad Request', 'the body is no JSON'))
      .then((reply) => send(response, reply));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: Error) => {
      reject(
        new EngineError(`could not serve the REST API on ${address}: ${cause.message}`, ExitCode.cannotStartApi, {
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  return { close: () => closeServer(server) };
}

function splitAddress(address: string): readonly [host: string, port: number] {
  const match = /^(.*):(\d+)$/.exec(address);
  if (!match || Number(match[2]) > 65_535) {
    throw new EngineError(`invalid address '${address}' of the REST API: use host:port`, ExitCode.cannotStartApi);
  }
  return [match[1] ?? '', Number(match[2])];
}

async function answer(request: IncomingMessage, run: TestRun): Promise<Answer> {
  const path = (request.url ?? '/').replace(/\?.*$/, '').replace(/(.)\/$/, '$1');
  const method = request.method ?? 'GET';
  if (path === '/v1/status' && method === 'GET') return { status: 200, body: { data: statusData(run) } };
  if (path === '/v1/status' && method === 'PATCH') return patchStatus(run, JSON.parse(await text(request)) as unknown);
  if (path === '/v1/setup' && method === 'GET') return { status: 200, body: { data: setupData(run) } };
  if (path === '/v1/setup' && method === 'PUT') return replaceSetup(run, await text(request));
  if (path === '/v1/setup' && method === 'POST') return runSetup(run);
  if (path === '/v1/teardown' && method === 'POST') return runTeardown(run);
  if (method !== 'GET') return failure(405, 'Method Not Allowed', `${method} ${path} is not supported`);
  const snapshot = run.snapshot();
  const metrics = Object.entries(snapshot?.metrics ?? {});
  if (path === '/v1/metrics') return { status: 200, body: { data: metrics.map(metricData) } };
  const metric = /^\/v1\/metrics\/(.+)$/.exec(path)?.[1];
  if (metric !== undefined) {
    const found = metrics.find(([name]) => name === decodeURIComponent(metric));
    return found
      ? { status: 200, body: { data: metricData(found) } }
      : failure(404, 'Not Found', 'No metric with that ID was found');
  }
  const groups = snapshot ? groupsData(snapshot.root_group) : [];
  if (path === '/v1/groups') return { status: 200, body: { data: groups } };
  const groupId = /^\/v1\/groups\/(.+)$/.exec(path)?.[1];
  if (groupId !== undefined) {
    const found = groups.find(({ id }) => id === groupId);
    return found
      ? { status: 200, body: { data: found } }
      : failure(404, 'Not Found', 'No group with that ID was found');
  }
  return failure(404, 'Not Found', `there is no ${path}`);
}

function statusData(run: TestRun) {
  const { phase, vusActive, vusInitialized, stopped } = run.status();
  return {
    type: 'status',
    id: 'default',
    attributes: {
      status: stopped && phase === 'running' ? INTERRUPTED : PHASE_NUMBER[phase],
      paused: phase === 'paused',
      vus: vusActive,
      'vus-max': vusInitialized,
      stopped,
      running: !['init', 'paused', 'done'].includes(phase),
      tainted: Object.values(run.snapshot()?.metrics ?? {}).some(isTainted),
    },
  };
}

function patchStatus(run: TestRun, body: unknown): Answer {
  const { data } = body as { readonly data?: { readonly attributes?: Readonly<Record<string, unknown>> } };
  const wanted = data?.attributes ?? {};
  if (wanted['vus'] != null || wanted['vus-max'] != null) {
    return failure(400, 'Bad Request', 'the number of VUs cannot be changed while a test runs');
  }
  if (wanted['stopped'] === true) {
    run.stop(ExitCode.stoppedFromApi, 'stopped over the REST API', 'test run stopped from REST API');
  }
  if (wanted['paused'] === false) run.resume();
  if (wanted['paused'] === true && run.status().phase !== 'paused') {
    return failure(400, 'Bad Request', 'a running test cannot be paused; start it with --paused');
  }
  return { status: 200, body: { data: statusData(run) } };
}

function metricData([name, metric]: readonly [string, SummaryMetric]) {
  const { type, contains, thresholds } = metric;
  const sample = sampleOf(metric);
  const tainted = thresholds ? isTainted(metric) : null;
  return { type: 'metrics', id: name, attributes: { type, contains, tainted, sample } };
}

/** Fewer values than the summary has: what k6's API shows. */
function sampleOf({ type, values }: SummaryMetric): Readonly<Record<string, number | undefined>> {
  if (type === 'rate') return { rate: values['rate'] };
  return type === 'gauge' ? { value: values['value'] } : values;
}

function isTainted({ thresholds }: SummaryMetric): boolean {
  return Object.values(thresholds ?? {}).some(({ ok }) => !ok);
}

interface GroupData {
  readonly type: 'groups';
  readonly id: string;
  readonly attributes: object;
  readonly relationships: object;
}

/** The group and all below it. */
function groupsData(group: SummaryGroup, parent?: SummaryGroup): GroupData[] {
  const { name, path, id, checks, groups } = group;
  const link = ({ id: to }: SummaryGroup) => ({ type: 'groups', id: to });
  const own: GroupData = {
    type: 'groups',
    id,
    attributes: { path, name, checks: checks.length > 0 ? checks : null },
    relationships: { groups: { data: groups.map(link) }, parent: { data: parent ? link(parent) : null } },
  };
  return [own, ...groups.flatMap((child) => groupsData(child, group))];
}

function setupData(run: TestRun) {
  const text = run.setupData;
  const data = text === undefined ? null : (JSON.parse(text) as unknown);
  return { type: 'setupData', id: 'default', attributes: { data } };
}

/** The body is the data itself; none at all removes it. */
function replaceSetup(run: TestRun, body: string): Answer {
  const data = body.trim() === '' ? undefined : JSON.stringify(JSON.parse(body));
  return run.replaceSetupData(data)
    ? { status: 200, body: { data: setupData(run) } }
    : failure(400, 'Bad Request', 'VUs of several threads run already: set the data while the test is paused');
}

async function runSetup(run: TestRun): Promise<Answer> {
  try {
    run.replaceSetupData(await run.runStage('setup'));
    return { status: 200, body: { data: setupData(run) } };
  } catch (error) {
    return failure(500, 'Error executing setup', reasonOf(error));
  }
}

async function runTeardown(run: TestRun): Promise<Answer> {
  try {
    await run.runStage('teardown');
    return { status: 200, body: undefined };
  } catch (error) {
    return failure(500, 'Error executing teardown', reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ScriptError)) throw error;
  return error.message;
}

function failure(status: number, title: string, detail: string): Answer {
  return { status, body: { errors: [{ status: String(status), title, detail }] } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
