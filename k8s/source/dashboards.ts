/** Grafana's dashboards as data: the service (cluster and compose) and a load test as k6 writes it (compose). */

interface Panel {
  readonly title: string;
  readonly unit: string;
  /** Legend → query. */
  readonly queries: Readonly<Record<string, string>>;
}

export const dataSource = { type: 'prometheus', uid: 'prometheus' } as const;

const dashboard = (uid: string, title: string, refresh: string, panels: readonly Panel[]) => ({
  uid,
  title,
  tags: ['gravl'],
  schemaVersion: 39,
  editable: false,
  refresh,
  time: { from: 'now-30m', to: 'now' },
  panels: panels.map(({ title, unit, queries }, index) => ({
    id: index + 1,
    title,
    type: 'timeseries',
    datasource: dataSource,
    gridPos: { h: 8, w: 12, x: (index % 2) * 12, y: Math.floor(index / 2) * 8 },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: Object.entries(queries).map(([legendFormat, expr], query) => ({
      refId: String.fromCharCode(65 + query),
      datasource: dataSource,
      expr,
      legendFormat,
    })),
  })),
});

export const serviceDashboard = dashboard('gravl', 'Gravl', '30s', [
  { title: 'Requests', unit: 'reqps', queries: { '{{namespace}}': 'gravl:requests:rate5m' } },
  { title: 'Errors', unit: 'percentunit', queries: { '{{namespace}}': 'gravl:errors:share5m' } },
  {
    title: 'Latency',
    unit: 's',
    queries: {
      'p95 {{namespace}}': 'gravl:latency_seconds:p95_5m',
      'p99 {{namespace}}': 'gravl:latency_seconds:p99_5m',
    },
  },
  { title: 'Availability', unit: 'percentunit', queries: { '{{namespace}}': 'gravl:availability:share5m' } },
  { title: 'Event-loop lag, p99', unit: 's', queries: { '{{namespace}}': 'gravl:event_loop_lag_seconds:p99' } },
  { title: 'CPU, busiest backend', unit: 'short', queries: { '{{namespace}}': 'gravl:cpu_cores:max5m' } },
]);

/** Names as k6's remote write gives them with K6_PROMETHEUS_RW_TREND_STATS=p(50),p(95),p(99). */
export const loadDashboard = dashboard('gravl-load', 'Gravl load test', '5s', [
  { title: 'Virtual users', unit: 'short', queries: { users: 'k6_vus' } },
  { title: 'Requests', unit: 'reqps', queries: { '{{name}}': 'sum by (name) (rate(k6_http_reqs_total[30s]))' } },
  {
    title: 'Latency (the slowest endpoint)',
    unit: 's',
    queries: {
      p50: 'max(k6_http_req_duration_p50)',
      p95: 'max(k6_http_req_duration_p95)',
      p99: 'max(k6_http_req_duration_p99)',
    },
  },
  { title: 'p95 by endpoint', unit: 's', queries: { '{{name}}': 'max by (name) (k6_http_req_duration_p95)' } },
  { title: 'Failed requests', unit: 'percentunit', queries: { '{{name}}': 'max by (name) (k6_http_req_failed_rate)' } },
  { title: 'Checks held', unit: 'percentunit', queries: { '{{check}}': 'min by (check) (k6_checks_rate)' } },
]);
