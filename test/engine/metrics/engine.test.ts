import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ThresholdConfig } from '../../../src/engine/options/types.ts';
import type { MetricsEngineOptions } from '../../../src/engine/metrics/engine.ts';
import { crossedMessage, MetricsEngine } from '../../../src/engine/metrics/engine.ts';

const NONE = { metrics: [], tags: [], addSamples: () => undefined };

function threshold(source: string, over: Partial<ThresholdConfig> = {}): ThresholdConfig {
  return { threshold: source, abortOnFail: false, delayAbortEval: 0, ...over };
}

function engine(
  thresholds: MetricsEngineOptions['thresholds'],
  over: Partial<MetricsEngineOptions> = {},
): MetricsEngine {
  return new MetricsEngine({
    thresholds,
    noThresholds: false,
    systemTags: ['expected_response', 'name'],
    sections: false,
    consumer: NONE,
    log: () => undefined,
    now: () => Date.now(),
    ...over,
  });
}

function add(target: MetricsEngine, name: string, value: number, tags: Record<string, string> = {}): void {
  const metric = target.local.registry.get(name);
  if (metric === undefined) throw new Error(`no metric ${name}`);
  target.local.add(metric, value, target.local.tagSpace.intern(Object.entries(tags)), 0);
}

describe('MetricsEngine', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('keeps just the tags that thresholds, the summary and the outputs read', () => {
    const tags = (over: Partial<MetricsEngineOptions>): unknown =>
      engine({ 'http_reqs{team:a}': [threshold('count>1')] }, over).plan.wantedTags;
    expect(tags({})).toEqual(['team', 'expected_response']);
    expect(tags({ systemTags: [] })).toEqual(['team']);
    expect(tags({ sections: true, consumer: { ...NONE, tags: ['name'] } })).toEqual([
      'team',
      'expected_response',
      'scenario',
      'group',
      'check',
      'name',
    ]);
    expect(tags({ consumer: { ...NONE, tags: undefined } })).toBeUndefined();
  });

  it('shows the whole of a judged part, samples or not', () => {
    const run = engine({ 'http_reqs{team:a}': [threshold('count>=0')] });
    run.bindThresholds();
    run.finish();
    expect(run.series().map(({ name }) => name)).toEqual(expect.arrayContaining(['http_reqs', 'http_reqs{team:a}']));
  });

  it('judges nothing without thresholds, but keeps their series and tells what they name in vain', () => {
    const log: string[] = [];
    const run = engine(
      { 'http_reqs{team:a}': [threshold('count<0', { abortOnFail: true })], nothing: [threshold('count<1')] },
      { noThresholds: true, log: (_level, message) => log.push(message) },
    );
    run.bindThresholds();
    add(run, 'http_reqs', 1, { team: 'a' });
    expect(run.finish()).toEqual({ crossed: [], abort: false });
    expect(run.series().map(({ name }) => name)).toContain('http_reqs{team:a}');
    expect(run.thresholds().map(({ ok }) => ok)).toEqual([true, true]);
    expect(log).toEqual(["Invalid metric 'nothing' in threshold definitions"]);
  });

  it('judges at the end: crossed names are sorted, series with tags on their own', () => {
    const run = engine({
      http_req_duration: [threshold('avg<10'), threshold('p(50)<6')],
      'http_req_duration{name:fast}': [threshold('max<2')],
      checks: [threshold('rate>0.9')],
      vus: [threshold('value==3')],
    });
    run.bindThresholds();
    run.start(() => undefined);
    for (const value of [1, 9, 11]) add(run, 'http_req_duration', value);
    add(run, 'http_req_duration', 1, { name: 'fast' });
    add(run, 'checks', 0);
    add(run, 'vus', 3);
    const { crossed, abort } = run.finish();
    expect(crossed).toEqual(['checks']);
    expect(abort).toBe(false);
    add(run, 'http_req_duration', 100, { name: 'fast' });
    expect(run.finish().crossed).toEqual(['checks', 'http_req_duration', 'http_req_duration{name:fast}']);
    expect(
      run
        .thresholds()
        .filter(({ ok }) => !ok)
        .map(({ series, source, observed }) => [series, source, observed]),
    ).toEqual([
      ['checks', 'rate>0.9', 0],
      ['http_req_duration', 'avg<10', 24.4],
      ['http_req_duration', 'p(50)<6', 9],
      ['http_req_duration{name:fast}', 'max<2', 100],
    ]);
    expect(crossedMessage(['a', 'b{c:d}'])).toBe("thresholds on metrics 'a, b{c:d}' have been crossed");
  });

  it('judges empty series only at the end, and a rate without samples never', () => {
    const run = engine({ ws_sessions: [threshold('count>0')], checks: [threshold('rate>0.9')] });
    run.bindThresholds();
    run.start(() => undefined);
    expect(run.evaluate(false).crossed).toEqual([]);
    expect(run.finish().crossed).toEqual(['ws_sessions']);
  });

  it('asks for the end of the test once abortOnFail is crossed and its delay is over', () => {
    const run = engine({ checks: [threshold('rate>0.5', { abortOnFail: true, delayAbortEval: 5000 })] });
    run.bindThresholds();
    const messages: string[] = [];
    run.start((message) => messages.push(message));
    add(run, 'checks', 0);
    vi.advanceTimersByTime(4000);
    expect(messages).toEqual([]);
    vi.advanceTimersByTime(8000);
    expect(messages).toEqual([
      "thresholds on metrics 'checks' were crossed; at least one has abortOnFail enabled, stopping test prematurely",
    ]);
    run.finish();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses thresholds it cannot judge, with exit code 104', () => {
    const unknown = engine({ no_such_metric: [threshold('count>1')] });
    expect(() => unknown.bindThresholds()).toThrow(
      expect.objectContaining({
        exitCode: 104,
        message: 'invalid threshold defined on no_such_metric; reason: no metric name "no_such_metric" found',
      }),
    );
    const wrong = engine({ http_req_duration: [threshold('rate<0.1')] });
    expect(() => wrong.bindThresholds()).toThrow(
      'invalid threshold "rate<0.1" applied on metric http_req_duration; reason: unsupported aggregation method rate on metric of type trend. supported aggregation methods for this metric are: avg, min, max, med, p',
    );
    expect(() => engine({ vus: [threshold('max')] })).toThrow(expect.objectContaining({ exitCode: 104 }));
    expect(() => engine({ 'vus{': [threshold('value<1')] })).toThrow(expect.objectContaining({ exitCode: 104 }));
    expect(() => engine({ 'vus{': [threshold('x')] }, { noThresholds: true }).bindThresholds()).not.toThrow();
  });

  it('hands samples to the outputs a few times a second', () => {
    let samples = 0;
    const consumer = {
      metrics: ['iterations'],
      tags: [],
      addSamples: (batch: { length: number }) => (samples += batch.length),
    };
    const run = engine({}, { consumer });
    run.start(() => undefined);
    run.emit('iterations', 1, 0);
    expect(samples).toBe(0);
    vi.advanceTimersByTime(250);
    expect(samples).toBe(1);
    run.emit('iterations', 1, 0);
    run.finish();
    expect(samples).toBe(2);
  });

  it('warns when tags make very many time series', () => {
    const log = vi.fn();
    const run = engine({}, { log, consumer: { ...NONE, tags: undefined } });
    for (let i = 0; i < 100_001; i++) run.local.tagSpace.root.with('id', String(i));
    run.flush();
    run.flush();
    expect(log).toHaveBeenCalledOnce();
    expect(log).toHaveBeenCalledWith('warning', expect.stringContaining('100000 unique time series'));
  });
});
