/**
 * The load test as the team runs it: `k6 run k8s/production/load-test.js`, 10 users for 5 minutes on GRAVL_API_URL.
 * Health, exercises and metrics take turns; metrics only with GRAVL_METRICS_URL, because the port is not public.
 */
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import exercises from '../../scenarios/exercises.ts';
import health from '../../scenarios/health.ts';
import metrics from '../../scenarios/metrics.ts';
import { plan } from '../../src/suite/client.ts';
import { scriptOptions } from '../../src/suite/script-plan.ts';

export { handleSummary } from '../../src/suite/script.ts';

const scenarios = { health, exercises, metrics };
const chosen = Object.keys(scenarios).filter((name) => name !== 'metrics' || plan.metricsUrl !== null);

// `k6 run --vus 20 --duration 1m` takes the place of these, as k6 does it.
export const options: Options = scriptOptions({
  profile: 'load_test',
  load: { kind: 'users', vus: 10, duration: '5m' },
  abortOnFail: false,
  environment: __ENV['GRAVL_ENV'] ?? 'local',
  scenarios: chosen,
});

const turns = Object.entries(scenarios)
  .filter(([name]) => chosen.includes(name))
  .map(([, scenario]) => scenario);

export default function loadTest(): void {
  turns[exec.scenario.iterationInTest % turns.length]?.();
}
