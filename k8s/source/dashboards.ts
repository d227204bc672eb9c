/**
 * Grafana's dashboards: the service (cluster and compose) and a load test as k6 writes it (compose). Built with Grafana's
 * own library, whose types are made from the schema of the version that compose runs.
 */
import { DashboardBuilder, DashboardCursorSync, type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { PercentUnit, RequestsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';

interface Panel {
  readonly title: string;
  readonly unit: string;
  /** Legend → query. */
  readonly queries: Readonly<Record<string, string>>;
}

/** As compose/grafana/provisioning names it. */
export const dataSource = { type: 'prometheus', uid: 'prometheus' } as const;

/** Half of Grafana's 24 columns. */
const width = 12;
const height = 8;

const timeSeries = ({ title, unit, queries }: Panel, index: number): PanelBuilder =>
  new PanelBuilder()
    .id(index + 1)
    .title(title)
    .datasource(dataSource)
    .gridPos({ h: height, w: width, x: (index % 2) * width, y: Math.floor(index / 2) * height })
    .unit(unit)
    .min(0)
    .targets(
      Object.entries(queries).map(([legend, expression], query) =>
        new DataqueryBuilder()
          .refId(String.fromCharCode(65 + query))
          .datasource(dataSource)
          .expr(expression)
          .legendFormat(legend),
      ),
    );

const dashboard = (uid: string, title: string, refresh: string, panels: readonly Panel[]): Dashboard =>
  panels
    .reduce(
      (built, panel, index) => built.withPanel(timeSeries(panel, index)),
      new DashboardBuilder(title)
        .uid(uid)
        .tags(['gravl'])
        .readonly()
        .tooltip(DashboardCursorSync.Crosshair)
        .refresh(refresh)
        .time({ from: 'now-30m', to: 'now' }),
    )
    .build();

export const serviceDashboard = dashboard('gravl', 'Gravl', '30s', [
  { title: 'Requests', unit: RequestsPerSecond, queries: { '{{namespace}}': 'gravl:requests:rate5m' } },
  { title: 'Errors', unit: PercentUnit, queries: { '{{namespace}}': 'gravl:errors:share5m' } },
  {
    title: 'Latency',
    unit: Seconds,
    queries: {
      'p95 {{namespace}}': 'gravl:latency_seconds:p95_5m',
      'p99 {{namespace}}': 'gravl:latency_seconds:p99_5m',
    },
  },
  { title: 'Availability', unit: PercentUnit, queries: { '{{namespace}}': 'gravl:availability:share5m' } },
  { title: 'Event-loop lag, p99', unit: Seconds, queries: { '{{namespace}}': 'gravl:event_loop_lag_seconds:p99' } },
  { title: 'CPU, busiest backend', unit: Short, queries: { '{{namespace}}': 'gravl:cpu_cores:max5m' } },
]);

/** Names as k6's remote write gives them with K6_PROMETHEUS_RW_TREND_STATS=p(50),p(95),p(99). */
export const loadDashboard = dashboard('gravl-load', 'Gravl load test', '5s', [
  { title: 'Virtual users', unit: Short, queries: { users: 'k6_vus' } },
  {
    title: 'Requests',
    unit: RequestsPerSecond,
    queries: { '{{name}}': 'sum by (name) (rate(k6_http_reqs_total[30s]))' },
  },
  {
    title: 'Latency (the slowest endpoint)',
    unit: Seconds,
    queries: {
      p50: 'max(k6_http_req_duration_p50)',
      p95: 'max(k6_http_req_duration_p95)',
      p99: 'max(k6_http_req_duration_p99)',
    },
  },
  { title: 'p95 by endpoint', unit: Seconds, queries: { '{{name}}': 'max by (name) (k6_http_req_duration_p95)' } },
  { title: 'Failed requests', unit: PercentUnit, queries: { '{{name}}': 'max by (name) (k6_http_req_failed_rate)' } },
  { title: 'Checks held', unit: PercentUnit, queries: { '{{check}}': 'min by (check) (k6_checks_rate)' } },
]);
