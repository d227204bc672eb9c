/**
 * The Universal Scalability Law, X(N) = λN / (1 + σ(N − 1) + κN(N − 1)): Gunther, Guerrilla Capacity Planning (2007).
 * λ: throughput at N = 1, σ: contention, κ: coherency.
 */
export interface UslFit {
  readonly lambda: number;
  readonly sigma: number;
  readonly kappa: number;
  /** N of the greatest throughput; Infinity without coherency cost. */
  readonly peakN: number;
  readonly peakThroughput: number;
  /** Share of the variance of X explained, 0 to 1. */
  readonly rSquared: number;
}

export interface UslPoint {
  /** Concurrency: mean requests in flight (by Little's law rate × latency where not measured). */
  readonly n: number;
  /** Requests per second. */
  readonly x: number;
}

/**
 * Least squares on the measured throughput (Levenberg-Marquardt), coefficients held at or above zero.
 * @returns undefined for fewer than three distinct points
 */
export function fitUsl(points: readonly UslPoint[]): UslFit | undefined {
  const used = points.filter(({ n, x }) => n > 0 && x > 0);
  if (new Set(used.map(({ n }) => n)).size < 3) return undefined;
  const lambda0 = Math.max(...used.map(({ n, x }) => x / n));
  let best: { parameters: Parameters; error: number } | undefined;
  // A few starts, because the surface has flat valleys.
  for (const sigma of [0, 0.01, 0.1, 0.5]) {
    for (const kappa of [0, 1e-6, 1e-4, 1e-2]) {
      const fit = descend(used, [lambda0, sigma, kappa]);
      if (best === undefined || fit.error < best.error) best = fit;
    }
  }
  if (best === undefined) return undefined;
  const [lambda, sigma, kappa] = best.parameters;
  const mean = used.reduce((sum, { x }) => sum + x, 0) / used.length;
  const spread = used.reduce((sum, { x }) => sum + (x - mean) ** 2, 0);
  const peakN = kappa > 0 ? Math.max(1, Math.sqrt((1 - Math.min(1, sigma)) / kappa)) : Infinity;
  return {
    lambda,
    sigma,
    kappa,
    peakN,
    peakThroughput: Number.isFinite(peakN) ? usl(best.parameters, peakN) : sigma > 0 ? lambda / sigma : Infinity,
    rSquared: spread === 0 ? 1 : Math.max(0, 1 - best.error / spread),
  };
}

type Parameters = readonly [lambda: number, sigma: number, kappa: number];

const usl = ([lambda, sigma, kappa]: Parameters, n: number): number =>
  (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1));

function descend(points: readonly UslPoint[], start: Parameters): { parameters: Parameters; error: number } {
  const errorOf = (p: Parameters): number => points.reduce((sum, { n, x }) => sum + (x - usl(p, n)) ** 2, 0);
  let parameters = start;
  let error = errorOf(parameters);
  let damping = 1e-3;
  for (let i = 0; i < 200 && damping < 1e12; i++) {
    const step = normalStep(points, parameters, damping);
    const next: Parameters = [
      Math.max(1e-9, parameters[0] + step[0]),
      Math.max(0, parameters[1] + step[1]),
      Math.max(0, parameters[2] + step[2]),
    ];
    const nextError = errorOf(next);
    if (nextError < error) {
      const gain = error - nextError;
      [parameters, error, damping] = [next, nextError, damping / 5];
      if (gain < 1e-12 * error) break;
    } else damping *= 4;
  }
  return { parameters, error };
}

/** One damped normal-equation step, scaled by the diagonal (Marquardt). */
function normalStep(points: readonly UslPoint[], p: Parameters, damping: number): Parameters {
  const [lambda, sigma, kappa] = p;
  const a = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  const g = [0, 0, 0];
  for (const { n, x } of points) {
    const below = 1 + sigma * (n - 1) + kappa * n * (n - 1);
    const slope = (-lambda * n) / below ** 2;
    const gradient = [n / below, slope * (n - 1), slope * n * (n - 1)];
    const residual = x - usl(p, n);
    for (const [i, gi] of gradient.entries()) {
      g[i] = (g[i] ?? 0) + gi * residual;
      const row = a[i] ?? [];
      for (const [j, gj] of gradient.entries()) row[j] = (row[j] ?? 0) + gi * gj;
    }
  }
  for (const [i, row] of a.entries()) row[i] = (row[i] ?? 0) * (1 + damping) + 1e-30;
  return solve3(a, g);
}

/** Gaussian elimination with partial pivoting, 3 × 3. */
function solve3(matrix: readonly (readonly number[])[], right: readonly number[]): Parameters {
  const m = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const at = (i: number, j: number): number => m[i]?.[j] ?? 0;
  for (let i = 0; i < 3; i++) {
    let pivot = i;
    for (let k = i + 1; k < 3; k++) if (Math.abs(at(k, i)) > Math.abs(at(pivot, i))) pivot = k;
    [m[i], m[pivot]] = [m[pivot] ?? [], m[i] ?? []];
    for (let k = i + 1; k < 3; k++) {
      const factor = at(i, i) === 0 ? 0 : at(k, i) / at(i, i);
      const row = m[k] ?? [];
      for (let j = i; j < 4; j++) row[j] = at(k, j) - factor * at(i, j);
    }
  }
  const x: [number, number, number] = [0, 0, 0];
  for (let i = 2; i >= 0; i--) {
    let sum = at(i, 3);
    for (let j = i + 1; j < 3; j++) sum -= at(i, j) * (x[j] ?? 0);
    x[i] = at(i, i) === 0 ? 0 : sum / at(i, i);
  }
  return x;
}
