/**
 * Runs as a real target would give them: lognormal and multi-modal latency, noise that lasts (AR(1) over windows), drift
 * between runs. Used by the A/A and power studies and, in small, by the tests.
 */
import { seededRandom, type Random } from '../../src/analysis/stats/random.ts';
import { WINDOW_SECONDS, type EndpointDigest, type RunDigest, type SparseHistogram } from '../../src/results/digest.ts';

export interface Endpoint {
  readonly name: string;
  /** Requests a second. */
  readonly rate: number;
  /** Median milliseconds and sigma of the logarithm. */
  readonly median: number;
  readonly sigma: number;
  /** Share and median of a second, slow mode. */
  readonly slow?: { readonly share: number; readonly median: number };
  readonly errorRate?: number;
}

export interface World {
  readonly endpoints: readonly Endpoint[];
  readonly seconds: number;
  /** Standard deviation of a run's factor on all latencies (drift between runs). */
  readonly drift: number;
  /** Standard deviation and lag-one correlation of a window's factor. */
  readonly windowNoise: number;
  readonly autocorrelation: number;
}

export interface Change {
  /** Factor on latencies, 1.2 for 20 % slower. */
  readonly latency?: number;
  readonly errorRate?: number;
}

export const gravlWorld: World = {
  endpoints: [
    { name: 'health', rate: 20, median: 3, sigma: 0.35 },
    { name: 'exercises', rate: 40, median: 24, sigma: 0.4, slow: { share: 0.06, median: 70 } },
    { name: 'exercise', rate: 30, median: 12, sigma: 0.5 },
    { name: 'metrics', rate: 10, median: 8, sigma: 0.3, slow: { share: 0.2, median: 20 } },
  ],
  seconds: 30,
  drift: 0.05,
  windowNoise: 0.05,
  autocorrelation: 0.6,
};

/** Box and Muller (1958): cheap, and exact enough for a simulation. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(Math.max(1e-12, random()))) * Math.cos(2 * Math.PI * random());

export function simulateRun(world: World, seed: number, change: Change = {}): RunDigest {
  const random = seededRandom(seed);
  const runFactor = Math.exp(world.drift * normal(random)) * (change.latency ?? 1);
  const count = Math.round(world.seconds / WINDOW_SECONDS);
  const factors: number[] = [];
  let noise = normal(random) * world.windowNoise;
  for (let i = 0; i < count; i++) {
    factors.push(runFactor * Math.exp(noise));
    const innovation = Math.sqrt(1 - world.autocorrelation ** 2) * world.windowNoise;
    noise = world.autocorrelation * noise + innovation * normal(random);
  }
  const endpoints = world.endpoints.map((endpoint) => simulateEndpoint(endpoint, factors, change, random));
  return {
    id: `run-${seed}`,
    startedAt: new Date(Date.UTC(2026, 0, 1) + seed * 60_000).toISOString(),
    durationSeconds: world.seconds,
    checks: { passes: 0, fails: 0 },
    endpoints: [total(endpoints), ...endpoints],
  };
}

function simulateEndpoint(
  endpoint: Endpoint,
  factors: readonly number[],
  change: Change,
  random: Random,
): EndpointDigest {
  const errorRate = change.errorRate ?? endpoint.errorRate ?? 0;
  const windows = factors.map((factor, index) => {
    const requests = Math.max(
      1,
      Math.round(endpoint.rate * WINDOW_SECONDS + normal(random) * Math.sqrt(endpoint.rate) * 0.3),
    );
    const counts = new Map<number, number>();
    let failed = 0;
    for (let i = 0; i < requests; i++) {
      const slow = endpoint.slow !== undefined && random() < endpoint.slow.share;
      const median = slow ? endpoint.slow.median : endpoint.median;
      const micros = bucket(1000 * factor * median * Math.exp(endpoint.sigma * normal(random)));
      counts.set(micros, (counts.get(micros) ?? 0) + 1);
      if (random() < errorRate) failed++;
    }
    const hist: SparseHistogram = [...counts].sort(([a], [b]) => a - b);
    return { t: index * WINDOW_SECONDS, seconds: WINDOW_SECONDS, requests, failed, hist };
  });
  return summed(endpoint.name, windows);
}

/** Three significant figures, as the stored histograms have. */
function bucket(micros: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(micros)) - 2);
  return Math.max(1, Math.round(micros / unit) * unit);
}

function summed(name: string, windows: EndpointDigest['windows']): EndpointDigest {
  const sum = (pick: (w: EndpointDigest['windows'][number]) => number): number =>
    windows.reduce((n, w) => n + pick(w), 0);
  return { name, requests: sum((w) => w.requests), failed: sum((w) => w.failed), windows };
}

function total(endpoints: readonly EndpointDigest[]): EndpointDigest {
  const windows = (endpoints[0]?.windows ?? []).map((first, index) => {
    const all = endpoints.flatMap((e) => e.windows.slice(index, index + 1));
    const counts = new Map<number, number>();
    for (const [micros, n] of all.flatMap(({ hist }) => hist)) counts.set(micros, (counts.get(micros) ?? 0) + n);
    return {
      ...first,
      requests: all.reduce((n, w) => n + w.requests, 0),
      failed: all.reduce((n, w) => n + w.failed, 0),
      hist: [...counts].sort(([a], [b]) => a - b),
    };
  });
  return summed('', windows);
}
