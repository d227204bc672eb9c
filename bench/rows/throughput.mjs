import { engines, runScript } from '../lib/engine.mjs';
import { k6Figures } from '../lib/k6-figures.mjs';
import { autocannon, hasAutocannon, hasWrk, wrk } from '../lib/peers.mjs';
import { jsonServer } from '../lib/servers.mjs';
import { median, pairedRatio, spread } from '../lib/stats.mjs';

const CLIENT = '0';
const SERVER = '1';

async function engineRate(engine, script, url, seconds, flags = []) {
  const { result } = await runScript(engine, script, {
    cpus: CLIENT,
    flags: ['--vus', '10', '--duration', `${seconds}s`, ...flags],
    env: { BASE_URL: url },
  });
  if (result.failed > 0) throw new Error(`${script}: ${result.failed} of the requests failed`);
  return result.rate;
}

/** Rounds of ours and each peer in turn; k6 from K6_BIN, else derived from the peers. */
async function rounds(script, { runs, seconds }) {
  const server = await jsonServer(SERVER);
  const rates = { ours: [], k6: [], wrk: [], autocannon: [] };
  try {
    await engineRate(engines.ours, script, server.url, 2);
    for (let i = 0; i < runs; i++) {
      rates.ours.push(await engineRate(engines.ours, script, server.url, seconds));
      if (hasWrk) rates.wrk.push(await wrk(`${server.url}/api/exercises`, seconds, CLIENT));
      if (hasAutocannon) rates.autocannon.push(await autocannon(`${server.url}/api/exercises`, seconds, CLIENT));
      if (engines.k6) rates.k6.push(await engineRate(engines.k6, script, server.url, seconds));
    }
  } finally {
    await server.stop();
  }
  const assumed = [];
  if (!engines.k6) {
    for (let i = 0; i < runs; i++) {
      const estimates = [
        ...(hasWrk ? [rates.wrk[i] * k6Figures.ofWrk] : []),
        ...(hasAutocannon ? [rates.autocannon[i] * k6Figures.ofAutocannon] : []),
      ];
      // The larger estimate of k6 is the harder bar for us.
      if (estimates.length > 0) assumed.push(Math.max(...estimates));
    }
  }
  const k6 = engines.k6 ? rates.k6 : assumed;
  return { server: server.name, rates, k6, k6Measured: Boolean(engines.k6) };
}

export const throughput = {
  id: 'throughput',
  title: 'requests per second per core, 10 VUs',
  async measure(options) {
    const { server, rates, k6, k6Measured } = await rounds('throughput.js', options);
    const figures = { server, ours: spread(rates.ours) };
    const checks = [];
    if (k6.length > 0) {
      const ratio = pairedRatio(rates.ours, k6);
      checks.push({
        name: `× k6${k6Measured ? '' : ' (assumed from peers)'}`,
        ...ratio,
        bar: 6,
        goal: 9,
        higher: true,
      });
    }
    if (rates.wrk.length > 0) {
      figures.wrk = spread(rates.wrk);
      checks.push({ name: '× wrk', ...pairedRatio(rates.ours, rates.wrk), bar: 0.5, goal: 0.85, higher: true });
    }
    if (rates.autocannon.length > 0) figures.autocannon = spread(rates.autocannon);
    return { figures, checks };
  },
};

export const exact = {
  id: 'exact',
  title: 'exact mode, 10 VUs',
  async measure(options) {
    const { rates, k6, k6Measured } = await rounds('exact.js', options);
    const checks =
      k6.length === 0
        ? []
        : [
            {
              name: `× k6${k6Measured ? '' : ' (assumed from peers)'}`,
              ...pairedRatio(rates.ours, k6),
              bar: 2,
              goal: 3.5,
              higher: true,
            },
          ];
    return { figures: { ours: spread(rates.ours) }, checks };
  },
};

export const scaling = {
  id: 'scaling',
  title: 'scaling from 1 to 2 cores, light server',
  async measure({ runs, seconds }) {
    // Both engine cores are wanted, so the server shares them: requests wait on its 5 ms, which costs it little.
    const { slowServer } = await import('../lib/servers.mjs');
    const server = await slowServer(undefined);
    const rate = async (threads, cpus) => {
      const flags = ['--vus', '40', '--duration', `${seconds}s`, '--threads', String(threads)];
      const { result, cpuSeconds } = await runScript(engines.ours, 'cpu-bound.js', {
        cpus,
        flags,
        env: { BASE_URL: server.url },
      });
      return { rate: result.iterations, cpuSeconds };
    };
    const one = [];
    const two = [];
    try {
      for (let i = 0; i < runs; i++) {
        one.push((await rate(1, '0')).rate);
        two.push((await rate(2, '0,1')).rate);
      }
    } finally {
      await server.stop();
    }
    return {
      figures: { one: spread(one), two: spread(two) },
      checks: [
        {
          name: '× one thread',
          ...pairedRatio(two, one),
          bar: 1.8,
          goal: 1.95,
          higher: true,
          note: `${median(two).toFixed(0)} iterations/s`,
        },
      ],
    };
  },
};
