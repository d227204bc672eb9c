/** The REST API of a running test, in k6's JSON shapes: status, metrics, groups. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { TestRun } from '../execution/run.ts';
import type { SummaryData } from '../summary/index.ts';

/** k6's numbers for the phases of a run. */
const PHASE_NUMBER = { init: 1, paused: 2, setup: 4, running: 5, teardown: 6, done: 7 } as const;

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
  if (path === '/v1/groups') return { status: 200, body: { data: snapshot ? groupsData(snapshot.root_group) : [] } };
  return failure(404, 'Not Found', `there is no ${path}`);
}

function statusData(run: TestRun) {
  const { phase, vusActive, vusInitialized, stopped } = run.status();
  return {
    type: 'status',
    id: 'default',
    attributes: {
      status: PHASE_NUMBER[phase],
      paused: phase === 'paused',
      vus: vusActive,
      'vus-max': vusInitialized,
      stopped,
      running: phase === 'running',
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
  const { type, contains, values: sample, thresholds } = metric;
  const tainted = thresholds ? isTainted(metric) : null;
  return { type: 'metrics', id: name, attributes: { type, contains, tainted, sample } };
}

function isTainted({ thresholds }: SummaryMetric): boolean {
  return Object.values(thresholds ?? {}).some(({ ok }) => !ok);
}

function groupsData(group: SummaryGroup): object[] {
  const { name, path, id, checks, groups } = group;
  return [{ type: 'groups', id, attributes: { name, path, checks } }, ...groups.flatMap(groupsData)];
}

function failure(status: number, title: string, detail: string): Answer {
  return { status, body: { errors: [{ status: String(status), title, detail }] } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
