/** The machine fails, not the target: disk, files, signals, outputs. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gravlK6, gravlLoad, recordOf, root, target, temporaryFolder, whenMeasured } from '../e2e/harness.ts';

const args = (url: string, results: string, duration = '10m'): string[] => [
  'run',
  '--scenario',
  'health',
  '--vus',
  '3',
  '--duration',
  duration,
  '--base-url',
  url,
  '--no-compare',
  '--json',
  '--results',
  results,
];

describe('the machine', () => {
  it('has no room left: the load ends, exit code 2, what was measured is recovered', async ({ skip }) => {
    const { url } = await target();
    const results = temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', results], { stdio: 'ignore' });
    } catch {
      return skip('a tmpfs needs root');
    }
    onTestFinished(() => void execFileSync('umount', ['-l', results]));
    const filler = path.join(results, 'filler');
    const full = await gravlLoad(args(url, results), {
      onStart: (child) =>
        whenMeasured(results, child, () => {
          try {
            writeFileSync(filler, Buffer.alloc(2 << 20));
          } catch {
            // That is what it is for.
          }
        }),
    });
    expect(full).toMatchObject({ exitCode: 2, stdout: '' });
    expect(full.stderr).toMatch(/cannot be written: ENOSPC/);
    expect(full.stderr).not.toMatch(/\n\s+at /);
    rmSync(filler);
    const recovered = await gravlLoad(['report', '--partial', '--results', results]);
    expect(recovered.stdout).toContain('Recovered an interrupted run: local/');
  });

  it('loses the results folder in mid-run: the load ends with exit code 2 and says which', async () => {
    const { url } = await target();
    const results = temporaryFolder();
    const gone = await gravlLoad(args(url, results), {
      onStart: (child) =>
        whenMeasured(results, child, () =>
          rmSync(path.join(results, 'runs'), { recursive: true, force: true, maxRetries: 5 }),
        ),
    });
    expect(gone).toMatchObject({ exitCode: 2, stdout: '' });
    expect(gone.stderr).toContain(results);
    expect(gone.stderr).not.toMatch(/\n\s+at /);
  });

  it('has a results folder that is a file: no load, exit code 2', async () => {
    const { url } = await target();
    const results = path.join(temporaryFolder(), 'file');
    writeFileSync(results, '');
    const refused = await gravlLoad(args(url, results));
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain('cannot be');
  });

  it('runs out of file descriptors: failed requests, not a crash', async () => {
    const { url } = await target();
    const script = path.join(temporaryFolder(), 'many.js');
    writeFileSync(
      script,
      `import http from 'k6/http'; export const options = { vus: 80, duration: '2s', noConnectionReuse: false };
      export default function () { http.get('${url}/health'); }`,
    );
    const child = spawn(
      'sh',
      ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, gravlK6, 'run', '--quiet', script],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    expect(code, said.slice(-2000)).toBe(0);
    expect(said).toMatch(/too many open files/);
    expect(said).toMatch(/http_req_failed/);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('sends %s: the record is kept, interrupted', async (signal, code) => {
    const { url } = await target();
    const results = temporaryFolder();
    const ended = await gravlLoad(args(url, results), {
      onStart: (child) => whenMeasured(results, child, () => child.kill(signal)),
    });
    expect(ended.exitCode).toBe(code);
    const record = recordOf(ended);
    expect(record).toMatchObject({ interrupted: true, verdict: { state: 'INVALID' } });
    expect(record.total.requests).toBeGreaterThan(0);
  });
});

describe('Prometheus', () => {
  const script = (dir: string, url: string): string => {
    const file = path.join(dir, 's.js');
    writeFileSync(
      file,
      `import http from 'k6/http'; import { sleep } from 'k6'; export const options = { vus: 2, iterations: 40 };
      export default function () { http.get('${url}/health'); sleep(0.1); }`,
    );
    return file;
  };
  const run = async (receiver: string): Promise<{ code: number | null; said: string }> => {
    const { url } = await target();
    const dir = temporaryFolder();
    mkdirSync(dir, { recursive: true });
    const child = spawn(process.execPath, [gravlK6, 'run', '--out', 'experimental-prometheus-rw', script(dir, url)], {
      cwd: root,
      env: {
        PATH: process.env['PATH'] ?? '',
        K6_PROMETHEUS_RW_SERVER_URL: receiver,
        K6_PROMETHEUS_RW_PUSH_INTERVAL: '500ms',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, said };
  };

  it('that is away costs its samples, never the run', async () => {
    const { code, said } = await run('http://127.0.0.1:1/api/v1/write');
    expect(code).toBe(0);
    expect(said).toMatch(/level=(?:warning|error).*prometheus/i);
    expect(said).toMatch(/http_reqs/);
  });

  it('that never answers does not keep the run from ending', async () => {
    const sockets = new Set<net.Socket>();
    const deaf = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      deaf.close();
    });
    const { code, said } = await run(`http://127.0.0.1:${(deaf.address() as AddressInfo).port}/api/v1/write`);
    expect(code).toBe(0);
    expect(said).toMatch(/http_reqs/);
  });
});
