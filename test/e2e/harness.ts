/** Drives the built commands as a user does: real processes, real files, parsed output. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { expect, onTestFinished } from 'vitest';
import { runRecordSchema, type RunRecord } from '../../src/results/record.ts';
import { generatorLimit } from '../../src/run/verdict.ts';
import { endpoints } from '../../src/suite/endpoints.ts';
import { startTarget, type RunningTarget, type TargetOptions } from '../../src/target/server.ts';

export const root = path.resolve(import.meta.dirname, '../..');
export const gravlK6 = path.join(root, 'bin', 'gravl-k6.js');

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** The standard input; none by default. */
  readonly input?: string;
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs `gravl-load` with these arguments to its end. */
export function gravlLoad(args: readonly string[], options: Options = {}): Promise<Finished> {
  const child = spawn(process.execPath, [path.join(root, 'bin', 'gravl-load.js'), ...args], {
    cwd: options.cwd ?? root,
    // K6_BIN and GRAVL_* of the person who runs the tests must not decide what is tested.
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NO_COLOR: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // It may end without having read all.
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  options.onStart?.(child);
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-e2e-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Bundles a program made of our modules (`./src/…`) into a file that node runs. */
export async function bundleProgram(contents: string, outfile: string): Promise<void> {
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A stand-in target in this process, closed after the test. */
export async function target(options: Partial<TargetOptions> = {}): Promise<RunningTarget> {
  const running = await startTarget({
    host: '127.0.0.1',
    port: 0,
    metricsPort: 0,
    latencyMs: 2,
    latencySigma: 0,
    errorRate: 0,
    concurrency: 0,
    slowStartSeconds: 0,
    seed: 1,
    ...options,
  });
  onTestFinished(() => running.close());
  return running;
}

const anyDuration = ['p(95)<100000', 'p(99)<100000'];

/** Limits on durations that no machine is too slow for: what else is promised of a run stays as it is. */
const unhurriedThresholds: Readonly<Record<string, readonly string[]>> = {
  http_req_duration: anyDuration,
  ...Object.fromEntries(
    Object.values(endpoints).map(({ name }) => [`http_req_duration{name:${name}}`, anyDuration] as const),
  ),
};

/** Runs in that folder and below are judged by `unhurriedThresholds`, and by what else the configuration is to say. */
export function writeUnhurriedConfig(dir: string, config: object = {}): void {
  const text = JSON.stringify({ ...config, thresholds: unhurriedThresholds });
  writeFileSync(path.join(dir, 'gravl-load.config.mjs'), `export default ${text};\n`);
}

/** A folder for such runs, gone after the test. */
export function unhurriedFolder(config: object = {}): string {
  const dir = temporaryFolder();
  writeUnhurriedConfig(dir, config);
  return dir;
}

/** A fresh project keeps its promises, but those on durations. */
export function unhurry(project: string): void {
  const file = path.join(project, 'thresholds/index.ts');
  const [before, after, ...more] = readFileSync(file, 'utf8').split(/^ {2}http_req_duration: .*\n/m);
  expect([after, more]).toEqual([expect.any(String), []]);
  writeFileSync(file, `${before}  ...${JSON.stringify(unhurriedThresholds)},\n${after}`);
}

/**
 * PASS; or where the machine was too busy to carry the load, and the record shows it: INVALID, for that reason alone.
 */
export function expectPass({ generator, iterations, verdict }: RunRecord): void {
  const busy = generatorLimit(generator, iterations);
  expect(verdict).toEqual(busy === undefined ? { state: 'PASS', reasons: [] } : { state: 'INVALID', reasons: [busy] });
}

/** Calls back once the load has measured requests, with the folder of the run that goes on. */
export function whenMeasured(results: string, child: ChildProcess, then: (openDir: string) => void): void {
  const runs = path.join(results, 'runs', 'local');
  const timer = setInterval(() => {
    const open = existsSync(runs) ? readdirSync(runs).find((name) => name.startsWith('.')) : undefined;
    const series = open === undefined ? undefined : path.join(runs, open, 'series.ndjson');
    // A busy machine may see none of them in the first second.
    if (open === undefined || series === undefined || !existsSync(series)) return;
    if (!/"requests":[1-9]/.test(readFileSync(series, 'utf8'))) return;
    clearInterval(timer);
    then(path.join(runs, open));
  }, 100);
  child.once('close', () => clearInterval(timer));
}

/** The record that `run --json` printed: one document, nothing else. */
export function recordOf({ stdout }: Finished): RunRecord & { dir: string } {
  const { dir, comparison, ...record } = JSON.parse(stdout) as { dir: string; comparison: unknown };
  expect(comparison).toBeDefined();
  return { dir, ...runRecordSchema.parse(record) };
}
