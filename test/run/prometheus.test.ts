import { expect, it } from 'vitest';
import { parseMetrics } from '../../src/run/prometheus.ts';

it('reads one number a metric from Prometheus text', () => {
  const text = `# HELP up Is it up.
# TYPE up gauge
up 1
temperature{room="a \\"b\\" }",floor="1"} 20.5 1700000000000
temperature{room="c"} 1e1
latency_bucket{le="+Inf"} 7
latency_sum 3.5
latency_count 7
gc{quantile="0.5"} 4
broken NaN
endless +Inf
nodejs_version_info{version="v20"} 1
this is no sample
`;
  expect(parseMetrics(text)).toEqual({ up: 1, temperature: 30.5, latency_sum: 3.5, latency_count: 7 });
});
