import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MetricRegistry } from '../../../src/engine/metrics/registry.ts';

const golden = JSON.parse(readFileSync('test/conformance/cases/40-metric-name-errors/golden.json', 'utf8')) as {
  console: { msg: string }[];
};

describe('MetricRegistry', () => {
  it('knows the built-in metrics under the same ids in every registry', () => {
    const [a, b] = [new MetricRegistry(), new MetricRegistry()];
    expect(a.all()).toEqual(b.all());
    expect(a.builtin('http_req_duration')).toMatchObject({ type: 'trend', contains: 'time' });
    expect(a.byId(a.builtin('checks').id)?.name).toBe('checks');
  });

  it('accepts and refuses names as k6 did in the recorded case', () => {
    const cases = golden.console
      .map(({ msg }) => /^("[^"]*"|length (\d+)) (ok|throws)$/.exec(msg))
      .filter((match) => match !== null);
    expect(cases.length).toBeGreaterThan(10);
    for (const [, shown, length, verdict] of cases) {
      const name = length === undefined ? (JSON.parse(shown!) as string) : 'x'.repeat(Number(length));
      expect([name, new MetricRegistry().register(name, 'counter', 'default').ok]).toEqual([name, verdict === 'ok']);
    }
  });

  it('gives the known metric for the same type, and a reason for another', () => {
    const registry = new MetricRegistry();
    const first = registry.register('waiting', 'trend', 'default');
    expect(registry.register('waiting', 'trend', 'default')).toEqual(first);
    expect(registry.register('waiting', 'gauge', 'default')).toMatchObject({
      ok: false,
      message: "metric 'waiting' already exists but with type trend, instead of gauge",
    });
    expect(registry.register('waiting', 'trend', 'time').ok).toBe(false);
    expect(registry.register('http_reqs', 'counter', 'default').ok).toBe(true);
  });
});
