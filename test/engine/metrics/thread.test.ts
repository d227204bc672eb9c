import { describe, expect, it } from 'vitest';
import type { SampleBatch } from '../../../src/engine/metrics/batch.ts';
import { aggregate } from '../../../src/engine/metrics/sinks.ts';
import { parseSelector } from '../../../src/engine/metrics/submetric.ts';
import type { MetricsPlan } from '../../../src/engine/metrics/thread.ts';
import { ThreadMetrics, transferables } from '../../../src/engine/metrics/thread.ts';

function selector(text: string): MetricsPlan['selectors'][number] {
  const parsed = parseSelector(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.selector;
}

function plan(over: Partial<MetricsPlan> = {}): MetricsPlan {
  return { selectors: [], sections: false, wantedTags: undefined, streamed: [], ...over };
}

function totals(thread: ThreadMetrics): Record<string, unknown> {
  return Object.fromEntries(
    thread.aggregator
      .series()
      .map(({ name, section, sink }) => [
        [section?.scenario, section?.group, name].filter((part) => part).join(' '),
        sink.type === 'trend'
          ? [sink.count, sink.avg]
          : aggregate(sink, sink.type === 'rate' ? 'rate' : sink.type === 'gauge' ? 'value' : 'count', 1),
      ]),
  );
}

/** The samples of a batch as plain lists, since batches are only lent. */
function rows(batch: SampleBatch): unknown[] {
  return Array.from({ length: batch.length }, (_, i) => [
    batch.metrics[i]?.name,
    batch.values[i],
    batch.tags[i]?.entries(),
    batch.times[i],
    batch.metadata[i],
  ]);
}

describe('ThreadMetrics', () => {
  it('feeds a metric and every series whose tags a sample carries', () => {
    const thread = new ThreadMetrics(
      plan({ selectors: ['http_reqs{name:a}', 'http_reqs{name:a,status:200}', 'http_reqs{name:b}'].map(selector) }),
    );
    const metric = thread.registry.builtin('http_reqs');
    const a = thread.tagSpace.root.with('name', 'a');
    for (const tags of [a, a.with('status', '200'), a.with('status', '500'), thread.tagSpace.root])
      thread.add(metric, 1, tags, 0);
    expect(totals(thread)).toEqual({ http_reqs: 4, 'http_reqs{name:a}': 3, 'http_reqs{name:a,status:200}': 1 });
  });

  it('keeps one example per kind of failure, across threads, when an output wants any', () => {
    const failure = { endpoint: 'a', method: 'GET', url: 'http://x/1', status: 500, error: '', body: 'b'.repeat(5000) };
    expect(new ThreadMetrics(plan()).failed).toBeUndefined();
    const [main, worker] = [new ThreadMetrics(plan({ failures: true })), new ThreadMetrics(plan({ failures: true }))];
    main.failed?.(failure);
    worker.failed?.({ ...failure, url: 'http://x/2' });
    worker.failed?.({ ...failure, status: 503 });
    main.merge(1, structuredClone(worker.drain()));
    main.merge(1, structuredClone(worker.drain()));
    expect(main.failures.drain().map(({ url, status, count, body }) => [url, status, count, body.length])).toEqual([
      ['http://x/1', 500, 2, 1000],
      ['http://x/1', 503, 1, 1000],
    ]);
    for (let i = 0; i < 200; i++) main.failed?.({ ...failure, endpoint: String(i) });
    expect(main.failures.drain()).toHaveLength(50);
  });

  it('aggregates scenarios and groups on their own when asked to', () => {
    const thread = new ThreadMetrics(plan({ sections: true }));
    const tags = thread.tagSpace.root.with('scenario', 's').with('group', '::g').with('check', 'ok');
    thread.add(thread.registry.builtin('checks'), 1, tags, 0);
    thread.add(thread.registry.builtin('iterations'), 1, thread.tagSpace.root.with('scenario', 's'), 0);
    thread.add(thread.registry.builtin('iterations'), 1, thread.tagSpace.root, 0);
    expect(totals(thread)).toEqual({
      checks: 1,
      's checks': 1,
      's checks{check:ok}': 1,
      's ::g checks': 1,
      's ::g checks{check:ok}': 1,
      iterations: 2,
      's iterations': 1,
    });
  });

  it('merges what several threads drained into the same totals as one thread', () => {
    const thePlan = plan({ selectors: [selector('lat{part:a}')] });
    const one = new ThreadMetrics(thePlan);
    const workers = [new ThreadMetrics(thePlan), new ThreadMetrics(thePlan)];
    const main = new ThreadMetrics(thePlan);
    for (let round = 0; round < 3; round++) {
      for (const [n, worker] of workers.entries()) {
        for (let i = 0; i < 3000; i++) {
          for (const thread of [one, worker]) {
            const lat = thread.metric('lat', 'trend', 'time');
            const count = thread.metric(`n${n}`, 'counter', 'default');
            if (!lat.ok || !count.ok) throw new Error('refused');
            thread.add(lat.value, i * (n + 1), thread.tagSpace.root.with('part', i % 2 === 0 ? 'a' : 'b'), i);
            thread.add(count.value, 2, thread.tagSpace.root, i);
            thread.check('::g', `check ${n}`, i % 3 === 0);
          }
        }
        const delta = worker.drain();
        main.merge(n, structuredClone(delta, { transfer: transferables(delta) }));
      }
    }
    expect(main.registry.get('n1')).toBeDefined();
    expect(Object.entries(totals(main)).sort()).toEqual(Object.entries(totals(one)).sort());
    const quantiles = [0.1, 0.5, 0.99];
    for (const name of ['lat', 'lat{part:a}']) {
      const [mine, theirs] = [main, one].map((thread) => thread.aggregator.find(name)?.sink);
      if (mine?.type !== 'trend' || theirs?.type !== 'trend') throw new Error('no trend');
      expect(quantiles.map((p) => mine.quantile(p))).toEqual(quantiles.map((p) => theirs.quantile(p)));
    }
    expect(main.checks.state()).toEqual(one.checks.state());
    expect(workers[0]?.drain().series).toEqual([]);
  });

  it('streams the samples of all threads with their tags and metadata', () => {
    const got: unknown[] = [];
    const thePlan = plan({ streamed: ['iterations', 'own'] });
    const main = new ThreadMetrics(thePlan, (batch) => got.push(...rows(batch)));
    const worker = new ThreadMetrics(thePlan);
    const own = worker.metric('own', 'gauge', 'data');
    if (!own.ok) throw new Error(own.message);
    worker.add(own.value, 7, worker.tagSpace.root.with('a', '1'), 5.5, { vu: '3' });
    worker.add(worker.registry.builtin('vus'), 1, worker.tagSpace.root, 6);
    main.merge(1, structuredClone(worker.drain()));
    worker.add(own.value, 8, worker.tagSpace.root.with('a', '1'), 6.5);
    main.merge(1, structuredClone(worker.drain()));
    main.add(main.registry.builtin('iterations'), 1, main.tagSpace.root, 9);
    main.flush();
    expect(got).toEqual([
      ['own', 7, [['a', '1']], 5.5, { vu: '3' }],
      ['own', 8, [['a', '1']], 6.5, undefined],
      ['iterations', 1, [], 9, undefined],
    ]);
  });

  it('hands over full buffers without being asked', () => {
    let samples = 0;
    const thread = new ThreadMetrics(plan({ streamed: undefined }), (batch) => (samples += batch.length));
    for (let i = 0; i < 10_000; i++) thread.add(thread.registry.builtin('iterations'), 1, thread.tagSpace.root, i);
    expect(samples).toBeGreaterThan(8000);
    thread.flush();
    expect(samples).toBe(10_000);
  });
});
