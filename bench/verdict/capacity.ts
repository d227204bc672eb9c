/** The capacity search against targets whose true limit is known: concurrency k and service time s make k/s. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { CapacityReport } from '../../src/analysis/capacity/report.ts';

export interface CapacityRow {
  readonly concurrency: number;
  readonly serviceMs: number;
  readonly truth: number;
  readonly found: number;
  readonly atLeast: boolean;
  readonly steps: number;
}

const settings = [
  [2, 40],
  [4, 40],
  [8, 50],
  [3, 20],
  [16, 80],
] as const;

export async function capacityStudy(say: (row: CapacityRow) => void): Promise<CapacityRow[]> {
  const results = await mkdtemp(path.join(os.tmpdir(), 'capacity-study-'));
  const rows: CapacityRow[] = [];
  try {
    for (const [concurrency, serviceMs] of settings) {
      const report = await search(concurrency, serviceMs, results);
      const truth = (1000 * concurrency) / serviceMs;
      const row = {
        concurrency,
        serviceMs,
        truth,
        found: report.knee,
        atLeast: report.atLeast,
        steps: report.steps.length,
      };
      rows.push(row);
      say(row);
    }
  } finally {
    await rm(results, { recursive: true, force: true });
  }
  return rows;
}

async function search(concurrency: number, serviceMs: number, results: string): Promise<CapacityReport> {
  const behaviour = ['--concurrency', String(concurrency), '--latency', `${serviceMs}ms`, '--latency-sigma', '0'];
  const server = spawn(
    process.execPath,
    ['bin/gravl-load.js', 'target', '--port', '0', '--metrics-port', '0', '--json', ...behaviour],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const started = await new Promise<string>((resolve) =>
      server.stdout.once('data', (chunk: Buffer) => resolve(String(chunk))),
    );
    const { url, metricsUrl } = JSON.parse(started) as { url: string; metricsUrl: string };
    const args = [
      '--base-url',
      url,
      '--metrics-url',
      metricsUrl,
      '--step',
      '8s',
      '--max-rate',
      '600',
      '--engine',
      'embedded',
    ];
    const run = spawn(process.execPath, ['bin/gravl-load.js', 'capacity', ...args, '--json', '--results', results], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    run.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await new Promise((resolve) => run.once('close', resolve));
    return JSON.parse(text) as CapacityReport;
  } finally {
    server.kill('SIGTERM');
  }
}
