/** The endpoints of Gravl that the scenarios call. `name` becomes the k6 tag, so ids never multiply the metrics. */
export interface Endpoint {
  readonly name: string;
  /** As people write it; shown in tables. */
  readonly route: string;
  /** The scenarios that call it. */
  readonly scenarios: readonly string[];
}

export const endpoints = {
  health: { name: 'health', route: 'GET /health', scenarios: ['health', 'journey'] },
  list: { name: 'exercises-list', route: 'GET /api/exercises', scenarios: ['exercises', 'journey'] },
  filter: { name: 'exercises-filter', route: 'GET /api/exercises?muscle=', scenarios: ['exercises', 'journey'] },
  detail: { name: 'exercise-by-id', route: 'GET /api/exercises/:id', scenarios: ['exercises', 'journey'] },
  metrics: { name: 'metrics', route: 'GET /metrics', scenarios: ['metrics'] },
} as const satisfies Record<string, Endpoint>;

/** Names of the endpoints that these scenarios call; scenarios of one's own are not in the table. */
export function endpointsOf(scenarios: readonly string[]): string[] {
  return Object.values(endpoints)
    .filter((endpoint) => endpoint.scenarios.some((scenario) => scenarios.includes(scenario)))
    .map((endpoint) => endpoint.name);
}
