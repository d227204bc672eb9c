import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderLoadTest } from '../../src/bundle/load-test.ts';
import { gravlK6, root, target } from '../e2e/harness.ts';

const file = path.join(root, 'k8s/production/load-test.js');

function k6(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [gravlK6, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

describe('k8s/production/load-test.js', () => {
  it('is what its source says (npm run build writes it)', async () => {
    expect(readFileSync(file, 'utf8')).toBe(await renderLoadTest(root));
  });

  it('needs nothing but k6 itself', () => {
    const imports = [...readFileSync(file, 'utf8').matchAll(/^import .* from "(.*)";$/gm)].map(([, from]) => from);
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((from) => from !== 'k6' && !from?.startsWith('k6/'))).toEqual([]);
  });

  it('is 10 users for 5 minutes with the shared thresholds', async () => {
    const { code, output } = await k6(['inspect', file]);
    expect(code, output).toBe(0);
    const options = JSON.parse(output) as { scenarios: Record<string, object>; thresholds: Record<string, unknown> };
    expect(Object.values(options.scenarios)[0]).toMatchObject({ executor: 'constant-vus', vus: 10, duration: '5m0s' });
    expect(options.thresholds).toMatchObject({ http_req_duration: ['p(95)<200', 'p(99)<500'], errors: ['rate<0.01'] });
  });

  /** Every threshold held, or those on durations alone did not: the machine was slow, not the script wrong. */
  const expectWell = ({ code, output }: { code: number | null; output: string }): void => {
    const crossed = /thresholds on metrics '(.*)' have been crossed/.exec(output)?.[1]?.split(', ') ?? [];
    expect(crossed.filter((metric) => !metric.startsWith('http_req_duration'))).toEqual([]);
    expect(code, output).toBe(crossed.length === 0 ? 0 : 99);
  };

  it('meets every endpoint of GRAVL_API_URL, and metrics when their address is given', async () => {
    const running = await target();
    const withMetrics = ['-e', `GRAVL_METRICS_URL=${running.metricsUrl}`];
    const args = ['run', '--vus', '4', '--iterations', '12', '-e', `GRAVL_API_URL=${running.url}`];
    const all = await k6([...args, ...withMetrics, file]);
    expectWell(all);
    for (const endpoint of ['health', 'exercises-list', 'metrics']) expect(all.output).toContain(endpoint);
    const without = await k6([...args, file]);
    expectWell(without);
    expect(without.output).not.toContain('is Prometheus text');
  });
});
