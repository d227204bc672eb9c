/**
 * What the team promises, as plain data. A threshold is `aggregation operator limit`, as k6 writes it; durations in
 * milliseconds. The most specific set wins, metric by metric: environment over shared.
 */

/** Metric, or metric{tag:value}, → expressions that must all hold. */
export type ThresholdSet = Readonly<Record<string, readonly string[]>>;

/** Every scenario, every environment. */
export const shared: ThresholdSet = {
  http_req_duration: ['p(95)<200', 'p(99)<500'],
  http_req_failed: ['rate<0.01'],
  errors: ['rate<0.01'],
  checks: ['rate>0.99'],
};

/** Each endpoint on its own, so that a slow one cannot hide behind many fast ones. */
export const perEndpoint: ThresholdSet = {
  http_req_duration: ['p(95)<200', 'p(99)<500'],
  http_req_failed: ['rate<0.01'],
};

/** Exceptions, by environment. */
export const environments: Readonly<Record<string, { shared?: ThresholdSet; perEndpoint?: ThresholdSet }>> = {
  local: {},
  staging: {},
  production: {
    // Real users share production: a load test may not cost them one request in a thousand.
    shared: { http_req_failed: ['rate<0.001'] },
  },
};

/** The thresholds of a run: shared ones, and each endpoint's as a submetric of its `name` tag. */
export function thresholdsFor(
  environment: string,
  endpoints: readonly string[],
  overrides: ThresholdSet = {},
): Record<string, readonly string[]> {
  const exception = environments[environment] ?? {};
  const set: Record<string, readonly string[]> = { ...shared, ...exception.shared };
  for (const [metric, expressions] of Object.entries({ ...perEndpoint, ...exception.perEndpoint })) {
    for (const endpoint of endpoints) set[`${metric}{name:${endpoint}}`] = expressions;
  }
  return { ...set, ...overrides };
}
