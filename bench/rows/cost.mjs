import { bareClients } from '../lib/bare-clients.mjs';
import { engines, runScript } from '../lib/engine.mjs';
import { k6Figures } from '../lib/k6-figures.mjs';
import { run } from '../lib/process.mjs';
import { arrivalServer, jsonServer, slowServer } from '../lib/servers.mjs';
import { spread } from '../lib/stats.mjs';

const CLIENT = '0';
const SERVER = '1';

async function withServer(start, use) {
  const server = await start(SERVER);
  try {
    return await use(server.url);
  } finally {
    await server.stop();
  }
}

const repeat = async (runs, measure) => {
  const values = [];
  for (let i = 0; i < runs; i++) values.push(await measure());
  return values;
};

/** Processor time of sockets alone, in milliseconds per 1,000 requests. */
async function bareClient(command) {
  const { stdout, cpuSeconds } = await run(command, { cpus: CLIENT });
  return (1e6 * cpuSeconds) / JSON.parse(stdout).answers;
}

const overK6 = (name, ours, k6, bar, goal) => ({
  name,
  ...spread(ours.map((value, i) => value / (Array.isArray(k6) ? k6[i] : k6))),
  bar,
  goal,
  higher: false,
});

const assumed = (k6) => (Array.isArray(k6) ? '' : ' (assumed)');

export const cpu = {
  id: 'cpu',
  title: 'CPU per 1,000 requests at 2,000 req/s',
  measure: ({ runs, seconds }) =>
    withServer(jsonServer, async (url) => {
      const cost = (engine) => async () => {
        const env = { BASE_URL: url, RATE: 2000, SECONDS: seconds };
        const { cpuSeconds, result } = await runScript(engine, 'constant-rate.js', { cpus: CLIENT, env });
        if (result.count < 2000 * seconds * 0.98) throw new Error(`only ${result.count} requests of ${2000 * seconds}`);
        return (1e6 * cpuSeconds) / result.count;
      };
      const ours = await repeat(runs, cost(engines.ours));
      const k6 = engines.k6 ? await repeat(runs, cost(engines.k6)) : k6Figures.cpuMsPer1000At2000;
      const figures = { 'ours, ms': spread(ours) };
      for (const [name, command] of Object.entries(await bareClients())) {
        const costs = await repeat(runs, () => bareClient(command(url, 2000, seconds)));
        figures[`a bare client on ${name}, ms`] = spread(costs);
      }
      return {
        figures,
        checks: [overK6(`of k6${assumed(k6)}`, ours, k6, 1 / 4, 1 / 8)],
      };
    }),
};

const memoryRow = (vus, k6Mb, bar, goal) => ({
  id: `memory-${vus}`,
  title: `peak memory, ${vus.toLocaleString('en')} VUs with think time`,
  measure: ({ runs }) =>
    withServer(jsonServer, async (url) => {
      const peak = (engine) => async () => {
        const flags = ['--vus', String(vus), '--duration', '15s'];
        const { peakMb, result } = await runScript(engine, 'think-time.js', { flags, env: { BASE_URL: url } });
        if (result.failed > 0 || result.count < vus)
          throw new Error(`${result.count} requests, ${result.failed} failed`);
        return peakMb;
      };
      const times = Math.min(runs, 3);
      const ours = await repeat(times, peak(engines.ours));
      const k6 = engines.k6 ? await repeat(times, peak(engines.k6)) : k6Mb;
      return { figures: { 'ours, MB': spread(ours) }, checks: [overK6(`of k6${assumed(k6)}`, ours, k6, bar, goal)] };
    }),
});

export const memory1000 = memoryRow(1000, k6Figures.memoryMb1000, 1 / 3, 1 / 5);
export const memory5000 = memoryRow(5000, k6Figures.memoryMb5000, 1 / 6, 1 / 11);

export const manyVus = {
  id: 'vus-10000',
  title: '10,000 VUs, each with its own connection',
  measure: () =>
    withServer(jsonServer, async (url) => {
      const flags = ['--vus', '10000', '--duration', '30s'];
      const { peakMb, result } = await runScript(engines.ours, 'think-time.js', {
        flags,
        env: { BASE_URL: url },
        timeoutSeconds: 180,
      });
      const correct = result.failed === 0 && result.count >= 10000;
      return {
        figures: { 'peak MB': spread([peakMb]), requests: spread([result.count]) },
        checks: [
          { name: 'all answered', ...spread([correct ? 1 : 0]), bar: 1, goal: 1, higher: true },
          { name: 'peak MB', ...spread([peakMb]), bar: Infinity, goal: 1024, higher: false },
        ],
      };
    }),
};

/** Memory of the last tenth of a long run over its second tenth. */
const soakRow = (id, title, script) => ({
  id,
  title,
  long: true,
  measure: ({ soakRequests }) =>
    withServer(jsonServer, async (url) => {
      const flags = ['--vus', '10', '--iterations', String(soakRequests), '--duration', '30m'];
      const { memory, result } = await runScript(engines.ours, script, {
        cpus: CLIENT,
        flags,
        env: { BASE_URL: url },
        timeoutSeconds: 1800,
      });
      const tenth = (n) => {
        const end = memory.at(-1).t;
        const part = memory.filter(({ t }) => t >= (end * n) / 10 && t < (end * (n + 1)) / 10).map(({ mb }) => mb);
        return part.reduce((sum, mb) => sum + mb, 0) / part.length;
      };
      return {
        figures: {
          requests: spread([result.count]),
          'MB second tenth': spread([tenth(1)]),
          'MB last tenth': spread([tenth(9)]),
        },
        checks: [
          { name: 'last tenth over second', ...spread([tenth(9) / tenth(1)]), bar: 1.02, goal: 1.02, higher: false },
        ],
      };
    }),
});

export const soak = soakRow('soak', 'memory over a soak', 'throughput.js');
export const soakTags = soakRow('soak-tags', 'memory over a soak with 200 tag sets', 'tag-sets.js');

export const latency = {
  id: 'latency',
  title: "latency read beyond the server's own (5 ms, 1,000 req/s), ms",
  measure: ({ runs, seconds }) =>
    withServer(slowServer, async (url) => {
      const read = (engine) => async () => {
        const { result } = await runScript(engine, 'latency.js', {
          cpus: CLIENT,
          env: { BASE_URL: url, SECONDS: seconds },
        });
        return result.extra;
      };
      const ours = await repeat(runs, read(engines.ours));
      const k6 = engines.k6 ? await repeat(runs, read(engines.k6)) : undefined;
      const bar = (key, figures) => (k6 ? spread(k6.map((extra) => extra[key])).median : figures[1]);
      return {
        figures: k6 ? { 'k6 p50': spread(k6.map((e) => e.med)), 'k6 p99': spread(k6.map((e) => e['p(99)'])) } : {},
        checks: [
          {
            name: 'p50',
            ...spread(ours.map((e) => e.med)),
            bar: bar('med', k6Figures.latencyExtraP50),
            goal: 0.1,
            higher: false,
          },
          {
            name: 'p99',
            ...spread(ours.map((e) => e['p(99)'])),
            bar: bar('p(99)', k6Figures.latencyExtraP99),
            goal: 0.5,
            higher: false,
          },
        ],
      };
    }),
};

export const arrivals = {
  id: 'arrivals',
  title: 'constant-arrival-rate, 1,000/s for 30 s: starts as the server sees them',
  measure: ({ runs, arrivalSeconds }) =>
    withServer(arrivalServer, async (url) => {
      const planned = 1000 * arrivalSeconds;
      const rounds = await repeat(Math.min(runs, 3), async () => {
        const env = { BASE_URL: url, SECONDS: arrivalSeconds };
        const { result } = await runScript(engines.ours, 'arrivals.js', { cpus: CLIENT, env });
        const jitter = await (await fetch(`${url}/report?interval=1`)).json();
        return { ...result, ...jitter };
      });
      const missing = rounds.map(({ distinct, dropped }) => planned - distinct + dropped);
      const figure = (key) => spread(rounds.map((round) => round[key]));
      return {
        figures: { 'jitter p50, ms': figure('p50'), 'jitter max, ms': figure('max') },
        checks: [
          { name: 'not started or dropped', ...spread(missing), bar: 0, goal: 0, higher: false },
          { name: 'jitter p99, ms', ...figure('p99'), bar: 1, goal: 0.3, higher: false },
        ],
      };
    }),
};

export const startUp = {
  id: 'start-up',
  title: 'start-up: one iteration of a script, warm cache',
  measure: async ({ runs }) => {
    const start = (engine) => async () =>
      1000 * (await runScript(engine, 'trivial.js', { flags: ['--summary-mode', 'disabled'] })).wallSeconds;
    await start(engines.ours)();
    const ours = await repeat(Math.max(runs, 5), start(engines.ours));
    const k6 = engines.k6 ? await repeat(Math.max(runs, 5), start(engines.k6)) : k6Figures.startMs;
    return { figures: { 'ours, ms': spread(ours) }, checks: [overK6(`of k6${assumed(k6)}`, ours, k6, 5, 2.5)] };
  },
};
