import { engines, runScript } from '../lib/engine.mjs';
import { k6Figures } from '../lib/k6-figures.mjs';
import { peerRate, peers } from '../lib/peers.mjs';
import { jsonServer, slowServer } from '../lib/servers.mjs';
import { pairedRatio, spread } from '../lib/stats.mjs';

const CLIENT = '0';
const SERVER = '1';

/** Requests a second of an engine, and the processor time they took, start-up included, in milliseconds per 1,000. */
async function engineRate(engine, script, url, seconds) {
  const { result, cpuSeconds } = await runScript(engine, script, {
    cpus: CLIENT,
    flags: ['--vus', '10', '--duration', `${seconds}s`],
    env: { BASE_URL: url },
  });
  if (result.failed > 0) throw new Error(`${script}: ${result.failed} of the requests failed`);
  return { rate: result.rate, cpuMs: (1e6 * cpuSeconds) / result.count };
}

/** Rounds of ours, the base commit, k6 and each peer in turn. */
async function rounds(script, { runs, seconds, base }, against = peers) {
  const server = await jsonServer(SERVER);
  const url = `${server.url}/api/exercises`;
  const run = (engine) => () => engineRate(engine, script, server.url, seconds);
  const measures = {
    ours: run(engines.ours),
    ...(base && { base: run(base.engine) }),
    ...(engines.k6 && { k6: run(engines.k6) }),
    ...Object.fromEntries(against.map((name) => [name, () => peerRate(name, url, seconds, CLIENT)])),
  };
  const found = Object.fromEntries(Object.keys(measures).map((name) => [name, []]));
  try {
    await engineRate(engines.ours, script, server.url, 2);
    for (let i = 0; i < runs; i++) {
      for (const [name, measure] of Object.entries(measures)) found[name].push(await measure());
    }
  } finally {
    await server.stop();
  }
  const pick = (key) =>
    Object.fromEntries(Object.entries(found).map(([name, list]) => [name, list.map((one) => one[key])]));
  return { server: server.name, rates: pick('rate'), cpu: pick('cpuMs') };
}

/** k6's rates: measured, else of its share of the peers'; the larger estimate is the harder bar for us. */
function k6Rates(rates) {
  if (rates.k6) return { name: '× k6', rates: rates.k6 };
  const estimates = [
    rates.wrk?.map((rate) => rate * k6Figures.ofWrk),
    rates.autocannon?.map((rate) => rate * k6Figures.ofAutocannon),
  ].filter(Boolean);
  if (estimates.length === 0) return undefined;
  return {
    name: '× k6 (assumed from peers)',
    rates: estimates[0].map((_, round) => Math.max(...estimates.map((list) => list[round]))),
  };
}

function judged(rates, bar, goal) {
  const k6 = k6Rates(rates);
  return k6 ? [{ name: k6.name, ...pairedRatio(rates.ours, k6.rates), bar, goal, higher: true }] : [];
}

/** What --quick judges: this commit over the base in the same run. */
function overBase({ ours, base }) {
  return base ? [{ name: '× base', ...pairedRatio(ours, base), bar: 0.95, goal: 1, higher: true, gross: true }] : [];
}

const figuresOf = ({ server, rates, cpu }) => ({
  server,
  ...Object.fromEntries(Object.entries(rates).map(([name, list]) => [name, spread(list)])),
  ...Object.fromEntries(
    Object.entries(cpu).map(([name, list]) => [`${name}, CPU ms per 1,000 at full load`, spread(list)]),
  ),
});

export const throughput = {
  id: 'throughput',
  title: 'requests per second per core, 10 VUs',
  async measure(options) {
    const found = await rounds('throughput.js', options);
    const { rates } = found;
    const checks = judged(rates, 6, 9);
    if (rates.wrk) {
      checks.push({ name: '× wrk', ...pairedRatio(rates.ours, rates.wrk), bar: 0.5, goal: 0.85, higher: true });
    }
    return { figures: figuresOf(found), checks: [...checks, ...overBase(rates)] };
  },
};

export const exact = {
  id: 'exact',
  title: 'exact mode, 10 VUs, rounds three times as long',
  async measure(options) {
    const needed = peers.filter((name) => name === 'wrk' || name === 'autocannon');
    // Ten threads compile for themselves first: in a short round that is half of what is measured.
    const found = await rounds('exact.js', { ...options, seconds: options.seconds * 3 }, needed);
    return { figures: figuresOf(found), checks: [...judged(found.rates, 2, 3.5), ...overBase(found.rates)] };
  },
};

export const ids = {
  id: 'ids',
  title: 'requests per second per core, ids that never come back in address and header',
  async measure(options) {
    const found = await rounds('ids.js', options, []);
    return { figures: figuresOf(found), checks: overBase(found.rates) };
  },
};

export const scaling = {
  id: 'scaling',
  title: 'scaling from 1 to 2 cores, light server',
  async measure({ runs, seconds }) {
    // Both cores are the engine's, and the server is hardly asked.
    const server = await slowServer(undefined);
    const rate = async (threads, cpus) => {
      const flags = ['--vus', '40', '--duration', `${seconds}s`, '--threads', String(threads)];
      const env = { BASE_URL: server.url };
      return (await runScript(engines.ours, 'cpu-bound.js', { cpus, flags, env })).result.iterations;
    };
    const one = [];
    const two = [];
    try {
      for (let i = 0; i < runs; i++) {
        one.push(await rate(1, '0'));
        two.push(await rate(2, '0,1'));
      }
    } finally {
      await server.stop();
    }
    return {
      figures: { 'one thread, iterations/s': spread(one), 'two threads': spread(two) },
      checks: [{ name: '× one thread', ...pairedRatio(two, one), bar: 1.8, goal: 1.95, higher: true }],
    };
  },
};
