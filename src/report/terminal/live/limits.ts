/** How the thresholds stand while the load goes on; the engine alone judges them at the end. */
import type { LiveHealth, Measurement, Tally } from '../../../results/measure.ts';
import { formatThresholdValue } from '../../format.ts';

export interface LimitState {
  readonly metric: string;
  readonly expression: string;
  /** Undefined: nothing can be said of it now. */
  readonly ok: boolean | undefined;
  readonly observed: string;
}

/** As the verdict has them: beyond these the generator shapes the result. */
const busy = { lagP99: 50, cpu: 0.9 };

export const isStrained = ({ lagP99, cpu }: LiveHealth): boolean =>
  (lagP99 ?? 0) > busy.lagP99 || (cpu ?? 0) > busy.cpu;

export function limitStates(
  thresholds: Readonly<Record<string, readonly string[]>>,
  measurement: Measurement,
): LimitState[] {
  return Object.entries(thresholds).flatMap(([metric, expressions]) =>
    expressions.map((expression) => stateOf(metric, expression, measurement)),
  );
}

function stateOf(metric: string, expression: string, measurement: Measurement): LimitState {
  const [, aggregation = '', operator = '', limit = ''] =
    /^\s*([a-z]+(?:\([\d.]+\))?)\s*(<=?|>=?)\s*(-?[\d.]+)\s*$/.exec(expression) ?? [];
  const value = valueOf(metric, aggregation, measurement);
  if (value === null) return { metric, expression, ok: undefined, observed: '' };
  const bound = Number(limit);
  const ok = { '<': value < bound, '<=': value <= bound, '>': value > bound, '>=': value >= bound }[operator];
  return { metric, expression, ok, observed: formatThresholdValue(metric, expression, value) };
}

function valueOf(metric: string, aggregation: string, measurement: Measurement): number | null {
  const { passed, failed } = { passed: measurement.counted.checksPassed, failed: measurement.counted.checksFailed };
  if (metric === 'checks' && aggregation === 'rate') return passed + failed === 0 ? null : passed / (passed + failed);
  const tally = tallyOf(metric, measurement);
  if (tally === undefined || tally.requests === 0) return null;
  if (metric.startsWith('http_req_failed') && aggregation === 'rate') return tally.failed / tally.requests;
  if (!metric.startsWith('http_req_duration')) return null;
  const percentile = aggregation === 'med' ? '50' : /^p\(([\d.]+)\)$/.exec(aggregation)?.[1];
  return percentile === undefined ? null : tally.quantile(Number(percentile) / 100);
}

/** The tally that a metric is about: all requests, or those of one `name`. */
function tallyOf(metric: string, { total, endpoints }: Measurement): Tally | undefined {
  const [, tags] = /^[a-z_]+(?:\{(.*)\})?$/.exec(metric) ?? [];
  if (tags === undefined) return metric.includes('{') ? undefined : total;
  return tags.startsWith('name:') && !tags.includes(',') ? endpoints.get(tags.slice('name:'.length).trim()) : undefined;
}
