/** The HTTP client alone, with k6's whole accounting: no script, no scheduler. Prints one JSON line. */
import { performance } from 'node:perf_hooks';
import type { Outcome, VuIo } from '../../../src/engine/contracts/host.ts';
import { httpHandlers, type HttpOptions } from '../../../src/engine/http/ops.ts';
import type { ExchangeResult, RequestSpec } from '../../../src/engine/http/types.ts';
import { ThreadMetrics } from '../../../src/engine/metrics/thread.ts';

const [, , url = '', vusText = '10', secondsText = '3'] = process.argv;

const options: HttpOptions = {
  rps: undefined,
  dns: { ttl: Infinity, select: 'first', policy: 'preferIPv4' },
  maxRedirects: 10,
  userAgent: 'bench',
  batch: 20,
  batchPerHost: 6,
  httpDebug: 'off',
  insecureSkipTLSVerify: true,
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
    'scenario',
    'expected_response',
  ],
};
const metrics = new ThreadMetrics({
  selectors: [
    {
      metric: 'http_req_duration',
      name: 'http_req_duration{expected_response:true}',
      tags: [['expected_response', 'true']],
    },
  ],
  sections: false,
  wantedTags: ['expected_response', 'name'],
  streamed: [],
} as never);
const handlers = httpHandlers({ options, env: {} });
const exchange = handlers.async['http.exchange'];
let finished = 0;
let failed = 0;
let bytes = 0;
let running = true;

function startVu(vuId: number): void {
  const io: VuIo = {
    vuId,
    tagSpace: metrics.tagSpace,
    samples: metrics,
    onInterrupt: () => undefined,
    traffic: { sent: 0, received: 0 },
    state: {},
    metric: (name, type, contains) => {
      const outcome = metrics.registry.register(name, type, contains);
      if (!outcome.ok) throw new Error(outcome.message);
      return outcome.value;
    },
    now: () => performance.timeOrigin + performance.now(),
    log: (_level, message, fields) => console.error(message, fields),
  };
  const tags = metrics.tagSpace.root.with('group', '').with('scenario', 'default');
  const send = (): void => {
    const spec: RequestSpec = {
      method: 'GET',
      url,
      name: 'json',
      headers: '',
      host: '',
      contentLength: '',
      body: undefined,
      compression: '',
      cookies: undefined,
      jar: 0,
      auth: undefined,
      timeout: 60_000,
      redirects: undefined,
      responseType: undefined,
      throw: undefined,
      expected: [200, 399],
      tags,
      metadata: undefined,
    };
    exchange(io, spec, done);
  };
  const done = (outcome: Outcome<ExchangeResult>): void => {
    finished++;
    if (outcome.ok && outcome.value.status === 200) bytes += (outcome.value.body as string).length;
    else failed++;
    if (running) send();
  };
  send();
}

for (let vu = 1; vu <= Number(vusText); vu++) startVu(vu);
await new Promise((resolve) => setTimeout(resolve, 500));
const [count, cpu, start] = [finished, process.cpuUsage(), performance.now()];
await new Promise((resolve) => setTimeout(resolve, Number(secondsText) * 1000));
running = false;
const seconds = (performance.now() - start) / 1000;
const used = process.cpuUsage(cpu);
const requests = finished - count;
console.log(
  JSON.stringify({
    perSecond: Math.round(requests / seconds),
    cpuMsPer1000: Number(((used.user + used.system) / requests).toFixed(2)),
    failed,
    bytes,
    rssMb: Math.round(process.memoryUsage.rss() / 1e6),
  }),
);
process.exit(failed > 0 ? 1 : 0);
