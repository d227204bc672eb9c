/** Recording and alert rules of the service objectives: one source for the cluster and for docker compose. */

/** The limits are those of the gates (docs/readiness.md). */
export const objectives = {
  errorShare: 0.001,
  availability: 0.999,
  p95Seconds: 0.2,
  p99Seconds: 0.5,
  eventLoopLagSeconds: 0.1,
  cpuCores: 0.9,
} as const;

const requests = 'http_requests_total{app="backend"}';
const failed = 'http_requests_total{app="backend",status=~"5.."}';
const perNamespace = (expression: string): string => `sum by (namespace) (${expression})`;

/** Without a failure there is no series of failures: the share is nought then, not missing. */
const errorShare = (window: string): string => {
  const all = perNamespace(`rate(${requests}[${window}])`);
  return `(${perNamespace(`rate(${failed}[${window}])`)} or ${all} * 0) / (${all} > 0)`;
};
const quantile = (q: string): string =>
  `histogram_quantile(${q}, sum by (namespace, le) (rate(http_request_duration_seconds_bucket{app="backend"}[5m])))`;

const record = (name: string, expr: string) => ({ record: name, expr });
const alert = (name: string, expr: string, wait: string, severity: string, summary: string) => ({
  alert: name,
  expr,
  for: wait,
  labels: { severity },
  annotations: { summary, runbook_url: 'https://github.com/gravl/gravl-load/blob/main/docs/golive.md' },
});

/** How fast the month's budget of errors may burn before somebody is woken: 2 % of it in an hour. */
const fastBurn = 14.4 * (1 - objectives.availability);

export const rules = {
  groups: [
    {
      name: 'gravl-objectives',
      rules: [
        record('gravl:requests:rate5m', perNamespace(`rate(${requests}[5m])`)),
        record('gravl:errors:share5m', errorShare('5m')),
        record('gravl:errors:share1h', errorShare('1h')),
        record('gravl:availability:share5m', '1 - gravl:errors:share5m'),
        record('gravl:latency_seconds:p95_5m', quantile('0.95')),
        record('gravl:latency_seconds:p99_5m', quantile('0.99')),
        record(
          'gravl:event_loop_lag_seconds:p99',
          'max by (namespace) (nodejs_eventloop_lag_p99_seconds{app="backend"})',
        ),
        record('gravl:cpu_cores:max5m', 'max by (namespace) (rate(process_cpu_seconds_total{app="backend"}[5m]))'),
      ],
    },
    {
      name: 'gravl',
      rules: [
        alert(
          'GravlBackendDown',
          'sum by (namespace) (up{app="backend"}) == 0',
          '1m',
          'critical',
          'No backend answers its scrape',
        ),
        alert(
          'GravlErrorRate',
          `gravl:errors:share5m > ${objectives.errorShare}`,
          '5m',
          'critical',
          'More than 0.1 % of the requests fail',
        ),
        alert(
          'GravlAvailability',
          `gravl:errors:share5m > ${fastBurn.toFixed(4)} and gravl:errors:share1h > ${fastBurn.toFixed(4)}`,
          '2m',
          'critical',
          'The error budget of 99.9 % availability burns 14 times too fast',
        ),
        alert(
          'GravlLatencyP95',
          `gravl:latency_seconds:p95_5m > ${objectives.p95Seconds}`,
          '5m',
          'warning',
          'p95 is above 200 ms',
        ),
        alert(
          'GravlLatencyP99',
          `gravl:latency_seconds:p99_5m > ${objectives.p99Seconds}`,
          '5m',
          'warning',
          'p99 is above 500 ms',
        ),
        alert(
          'GravlSaturation',
          `gravl:event_loop_lag_seconds:p99 > ${objectives.eventLoopLagSeconds} or gravl:cpu_cores:max5m > ${objectives.cpuCores}`,
          '5m',
          'warning',
          'A backend is at its limit: event-loop lag above 100 ms, or a whole core in use',
        ),
        alert(
          'GravlCertificateExpires',
          'certmanager_certificate_expiration_timestamp_seconds - time() < 30 * 86400',
          '1h',
          'critical',
          'A certificate ends in less than 30 days: renewal has failed',
        ),
      ],
    },
  ],
};
