/** A real Prometheus with compose's configuration, the stand-in it scrapes, and the engine's remote write. */
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { freePort, gravlK6, root, target, temporaryFolder } from '../e2e/harness.ts';

/** Of a dashboard as Grafana reads it. */
interface Dashboard {
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

interface PrometheusConfig {
  global: Record<string, string>;
  rule_files: string[];
  alerting?: unknown;
  scrape_configs: { static_configs: { targets: string[]; labels: Record<string, string> }[] }[];
}

/** @returns its address */
async function startPrometheus(metricsUrl: string): Promise<string> {
  const dir = temporaryFolder();
  const config = parse(readFileSync(path.join(root, 'compose/prometheus.yml'), 'utf8')) as PrometheusConfig;
  copyFileSync(path.join(root, 'k8s/monitoring/gravl.rules'), path.join(dir, 'gravl.rules'));
  config.rule_files = config.rule_files.map((file) => path.join(dir, path.basename(file)));
  execFileSync('promtool', ['check', 'config', written(config)]);
  // Only places and pace differ from compose's.
  delete config.alerting;
  config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
  config.scrape_configs[0]!.static_configs[0]!.targets = [new URL(metricsUrl).host];

  const address = `127.0.0.1:${await freePort()}`;
  const server = spawn(
    'prometheus',
    [
      `--config.file=${written(config)}`,
      `--storage.tsdb.path=${path.join(dir, 'data')}`,
      `--web.listen-address=${address}`,
      '--web.enable-remote-write-receiver',
    ],
    { stdio: 'ignore' },
  );
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.kill('SIGKILL');
    await closed;
  });
  const url = `http://${address}`;
  await expect
    .poll(() =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    .toBe(true);
  return url;

  function written(content: PrometheusConfig): string {
    const file = path.join(dir, 'prometheus.yml');
    writeFileSync(file, stringify(content));
    return file;
  }
}

/** Values of an instant query. */
async function query(prometheus: string, expression: string): Promise<number[]> {
  const answer = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { status, data } = (await answer.json()) as {
    status: string;
    data: { result: { value: [number, string] }[] };
  };
  expect(status, expression).toBe('success');
  return data.result.map(({ value }) => Number(value[1]));
}

const havePrometheus = spawnSync('prometheus', ['--version']).error === undefined;

it.skipIf(!havePrometheus)(
  'every panel of the dashboards has data after a load (needs prometheus)',
  async () => {
    const backend = await target();
    const prometheus = await startPrometheus(backend.metricsUrl);
    await promisify(execFile)(
      process.execPath,
      [
        gravlK6,
        'run',
        '--quiet',
        '--vus',
        '2',
        '--duration',
        '6s',
        '--out',
        'experimental-prometheus-rw',
        'scenarios/load.ts',
      ],
      {
        cwd: root,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: process.env['HOME'] ?? '',
          GRAVL_API_URL: backend.url,
          GRAVL_METRICS_URL: backend.metricsUrl,
          K6_PROMETHEUS_RW_SERVER_URL: `${prometheus}/api/v1/write`,
          K6_PROMETHEUS_RW_TREND_STATS: 'p(50),p(95),p(99)',
          K6_PROMETHEUS_RW_PUSH_INTERVAL: '1s',
        },
      },
    );
    for (const file of ['service.json', 'load.json']) {
      const { title: dashboard, panels } = JSON.parse(
        readFileSync(path.join(root, 'compose/grafana/dashboards', file), 'utf8'),
      ) as Dashboard;
      expect(panels.length).toBeGreaterThan(5);
      for (const { title, targets } of panels) {
        for (const { expr } of targets) {
          const values = (): Promise<number[]> =>
            query(prometheus, expr).then((all) => all.filter((value) => Number.isFinite(value)));
          await expect
            .poll(async () => (await values()).length, { timeout: 300_000, message: `${dashboard}: ${title}` })
            .toBeGreaterThan(0);
        }
      }
    }
    expect(await query(prometheus, 'gravl:availability:share5m')).toEqual([1]);
    expect(await query(prometheus, 'ALERTS{alertstate="firing"}')).toEqual([]);
  },
  600_000,
);
