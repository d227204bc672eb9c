import { describe, expect, it } from 'vitest';
import { renderRun, type OperatorRun } from '../../../src/runners/operator/manifests.ts';
import { scriptOptions } from '../../../src/suite/script-plan.ts';

const run = (parallelism: number, maxRps: number | null): OperatorRun => ({
  namespace: 'gravl-load',
  parallelism,
  image: 'grafana/k6:2.2.0',
  output: 'json',
  secret: undefined,
  name: 'r1',
  script: '',
  scriptPlan: {
    apiUrl: 'https://gravl.app',
    metricsUrl: null,
    scenarios: ['health'],
    thinkSeconds: 0,
    options: scriptOptions({
      profile: 'smoke',
      load: { kind: 'users', vus: 1, duration: '1s' },
      abortOnFail: false,
      environment: 'production',
      scenarios: ['health'],
      maxRps,
    }),
    allowHostnames: ['gravl.app', '*.localhost'],
    summaryFile: null,
  },
  variables: {},
});

/** Variables of the pods that make the load. */
function variables(given: OperatorRun): Record<string, string> {
  const { spec } = renderRun(given).testRun as unknown as {
    spec: { runner: { env: { name: string; value: string }[] } };
  };
  return Object.fromEntries(spec.runner.env.map(({ name, value }) => [name, value]));
}
const rpsOf = (given: OperatorRun): unknown =>
  (JSON.parse(variables(given)['GRAVL_LOAD_PLAN'] ?? '') as { options: { rps?: number } }).options.rps;

describe('a distributed run', () => {
  it('shares the requests a second that the environment allows between its pods', () => {
    expect(rpsOf(run(1, 100))).toBe(100);
    expect(rpsOf(run(4, 100))).toBe(25);
    expect(rpsOf(run(3, 100))).toBe(33);
    expect(rpsOf(run(3, null))).toBeUndefined();
    expect(() => renderRun(run(101, 100))).toThrow(/101 pods cannot share 100 requests\/s/);
  });

  it('tells the pods which hosts they may reach', () => {
    expect(variables(run(1, null))['GRAVL_K6_ALLOW_HOSTNAMES']).toBe('gravl.app,*.localhost');
  });
});
