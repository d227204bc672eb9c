/** The summary library: https://jslib.k6.io/k6-summary, and our own module `k6-summary`. Runs inside scripts. */
import { humanValue, percent } from '../../../summary/text/format.ts';
import {
  renderLegacySummary,
  type LegacyOptions,
  type SummaryData,
  type SummaryMetric,
} from '../../../summary/text/index.ts';

export { jUnit, type JUnitOptions } from './junit.ts';

/** The summary as text, in the layout this library has always had (k6's own has changed since). */
export function textSummary(data: SummaryData, options: LegacyOptions = {}): string {
  return renderLegacySummary(data, { indent: ' ', enableColors: true, ...options });
}

/** A metric's value with its unit: `1.2ms`, `14 kB`, `33.33%`. */
export function humanizeValue(value: number, metric: Pick<SummaryMetric, 'type' | 'contains'>, timeUnit = ''): string {
  return metric.type === 'rate' ? percent(value) : humanValue(value, metric.contains, timeUnit);
}

/** The exporter: everything `gravl-load` needs to make a run record, from whatever engine ran the script. */
export function gravlSummary(data: SummaryData): string {
  return JSON.stringify(data);
}
