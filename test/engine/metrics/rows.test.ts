import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BuiltinMetricName } from '../../../src/engine/metrics/builtin.ts';
import { ThreadMetrics } from '../../../src/engine/metrics/thread.ts';

const NAMES: readonly BuiltinMetricName[] = ['http_reqs', 'http_req_duration', 'http_req_failed'];

const threadMetrics = (streamed: readonly string[]): ThreadMetrics =>
  new ThreadMetrics({ wantedTags: undefined, streamed, selectors: [], sections: false });

const metricsOf = (thread: ThreadMetrics) => NAMES.map((name) => thread.registry.builtin(name));

const step = fc.record({
  values: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.double({ min: 0, max: 1e3, noNaN: true }), fc.constantFrom(0, 1)),
  status: fc.constantFrom('200', '404', '500'),
  drains: fc.boolean(),
});

describe('samples that come as rows', () => {
  it('count as if each had come alone, whenever the sinks are read', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 200 }), (steps, every) => {
        const [one, other] = [threadMetrics([]), threadMetrics([])];
        const rows = one.rows(metricsOf(one));
        steps.forEach(({ values, status, drains }, i) => {
          rows?.row.set(values);
          rows?.add(one.tagSpace.root.with('status', status), i);
          metricsOf(other).forEach((metric, column) => {
            other.add(metric, values[column] ?? 0, other.tagSpace.root.with('status', status), i);
          });
          if (drains && i % every === 0) expect(one.drain().series).toEqual(other.drain().series);
        });
        for (const name of NAMES) {
          expect(one.aggregator.find(name)?.sink.empty).toBe(other.aggregator.find(name)?.sink.empty);
        }
        expect(one.aggregator.series()).toHaveLength(other.aggregator.series().length);
        expect(one.drain().series).toEqual(other.drain().series);
      }),
    );
  });

  it('are not offered where each sample is streamed', () => {
    const thread = threadMetrics(['http_reqs']);
    expect(thread.rows(metricsOf(thread))).toBeUndefined();
  });
});
