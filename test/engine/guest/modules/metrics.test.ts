import { describe, expect, it } from 'vitest';
import { metricsModule } from '../../../../src/engine/guest/modules/metrics.ts';
import type { TestVu } from './module-context.ts';
import { testVu } from './module-context.ts';

interface ScriptMetric {
  readonly name: string;
  readonly add: (value?: unknown, tags?: unknown) => unknown;
}
type MetricClass = (new (name?: unknown, isTime?: unknown) => ScriptMetric) & ((name?: unknown) => ScriptMetric);
type Classes = Record<'Counter' | 'Gauge' | 'Rate' | 'Trend', MetricClass>;

/** The module in the init context, and how to leave it. */
function load(): { readonly vu: TestVu; readonly classes: Classes; readonly leaveInit: () => void } {
  const vu = testVu('init');
  return { vu, classes: metricsModule(vu.ctx) as unknown as Classes, leaveInit: () => (vu.ctx.stage = 'vu') };
}

describe('k6/metrics', () => {
  it('adds values with the tags of the call over those of the VU', () => {
    const { vu, classes, leaveInit } = load();
    const counter = new classes.Counter('hits');
    leaveInit();
    vu.ctx.tags = vu.ctx.tags.with('scenario', 's').with('team', 'a');
    expect([counter.add(2), counter.add(1, { team: 'b', n: 5, on: true, none: null })]).toEqual([true, true]);
    expect(vu.samples).toEqual([
      { metric: 'hits', value: 2, tags: expect.objectContaining({ scenario: 's', team: 'a' }) as unknown },
      { metric: 'hits', value: 1, tags: expect.objectContaining({ team: 'b', n: '5', on: 'true' }) as unknown },
    ]);
    expect(counter.name).toBe('hits');
  });

  it('takes booleans and texts that are numbers, and warns of everything that is none', () => {
    const { vu, classes, leaveInit } = load();
    const { add } = new classes.Rate('ok');
    leaveInit();
    expect([add(true), add(false), add('1.5')]).toEqual([true, true, true]);
    expect(vu.samples.map(({ value }) => value)).toEqual([1, 0, 1.5]);
    for (const bad of ['abc', NaN, undefined, null, {}]) expect(add(bad)).toBe(false);
    expect(vu.logs).toHaveLength(5);
    expect(vu.logs[4]).toBe(
      "'[object Object]' is an invalid value for metric 'ok', a number or a boolean value is expected",
    );
  });

  it('throws what it would warn of with the option throw', () => {
    const { vu, classes, leaveInit } = load();
    const { add } = new classes.Trend('size');
    leaveInit();
    vu.options['throw'] = true;
    expect(() => add('abc')).toThrow("'abc' is an invalid value for metric 'size'");
    expect([vu.logs, vu.samples]).toEqual([[], []]);
  });

  it('works without new, and can be a base class', () => {
    const { classes } = load();
    expect(classes.Gauge('plain').name).toBe('plain');
    class Own extends classes.Trend {
      readonly extra = 1;
    }
    const own = new Own('own', true);
    expect([own instanceof classes.Trend, own.name, own.extra]).toEqual([true, 'own', 1]);
  });

  it('refuses bad names, clashes of types, and metrics made or fed at the wrong time', () => {
    const { classes, leaveInit } = load();
    for (const name of ['', 'with space', undefined, 5])
      expect(() => new classes.Counter(name)).toThrow('Invalid metric name');
    const trend = new classes.Trend('lat');
    expect(() => new classes.Trend('lat', true)).toThrow('already exists');
    expect(() => new classes.Rate('http_reqs')).toThrow('already exists');
    expect(() => trend.add(1)).toThrow('init context');
    leaveInit();
    expect(() => new classes.Counter('late')).toThrow('init context');
  });

  it('refuses tags that are no text, number or boolean', () => {
    const { classes, leaveInit } = load();
    const counter = new classes.Counter('hits');
    leaveInit();
    expect(() => counter.add(1, { a: {} })).toThrow("tag 'a'");
    expect(() => counter.add(1, 'x')).toThrow('must be an object');
  });
});
