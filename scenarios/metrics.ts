/** GET :3001/metrics: valid Prometheus text that has the request counters. */
import { get, plan, think } from '../src/suite/client.ts';
import { endpoints } from '../src/suite/endpoints.ts';
import { optionsOf } from '../src/suite/script.ts';
import { isPrometheusText } from '../src/suite/shapes.ts';

export { handleSummary } from '../src/suite/script.ts';

export const options = optionsOf('metrics');

export default function metrics(): void {
  get(endpoints.metrics, `${plan.metricsUrl ?? 'http://localhost:3001'}/metrics`, 'text/plain', {
    'is Prometheus text': isPrometheusText,
    'has request counters': (text) => typeof text === 'string' && /^http_requests_total(\{| )/m.test(text),
  });
  think();
}
