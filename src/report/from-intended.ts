/** What waiting for the load generator or a free VU hides from http_req_duration, said when it matters. */
import type { EndpointResult, Quantiles, RunRecord } from '../results/record.ts';
import { formatMs } from './format.ts';

/** The difference is told from this many milliseconds and this share of the time on. */
const NOTICEABLE_MS = 5;
const NOTICEABLE_SHARE = 0.1;

type Times = Pick<EndpointResult, 'duration' | 'fromIntended'>;

/** One sentence; undefined when both readings agree, or the load had no intended starts. */
export function lateStarts({ total }: RunRecord): string | undefined {
  const readings = differing(total);
  if (readings === undefined) return undefined;
  const { duration, fromIntended } = readings;
  const pair = (key: 'p95' | 'p99'): string =>
    `${key} ${formatMs(fromIntended[key])} instead of ${formatMs(duration[key])}`;
  return `iterations began late: counted from when they were due, ${pair('p95')}, ${pair('p99')}`;
}

export interface LateEndpoint {
  readonly name: string;
  readonly duration: Quantiles;
  readonly fromIntended: Quantiles;
}

/** The endpoints whose two readings differ. */
export const lateEndpoints = ({ endpoints }: RunRecord): LateEndpoint[] =>
  endpoints.flatMap((endpoint) => {
    const readings = differing(endpoint);
    return readings === undefined ? [] : [{ name: endpoint.name, ...readings }];
  });

function differing({ duration, fromIntended }: Times): Omit<LateEndpoint, 'name'> | undefined {
  if (!duration || !fromIntended) return undefined;
  const differ = (['p95', 'p99'] as const).some((key) => {
    const hidden = fromIntended[key] - duration[key];
    return hidden >= NOTICEABLE_MS && hidden >= NOTICEABLE_SHARE * duration[key];
  });
  return differ ? { duration, fromIntended } : undefined;
}
