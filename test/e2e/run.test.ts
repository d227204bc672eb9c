import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listBaselines, readBaseline } from '../../src/results/baselines.ts';
import { loadRunFolder, loadSeries } from '../../src/results/store.ts';
import {
  expectPass,
  gravlK6,
  gravlLoad,
  recordOf,
  root,
  target,
  temporaryFolder,
  unhurriedFolder,
  whenMeasured,
  type Finished,
} from './harness.ts';

const quick = ['run', '--profile', 'smoke', '--duration', '2s', '--json'];

/** A folder on the PATH with our stand-in for docker. */
function dockerPath(): string {
  const dir = temporaryFolder();
  const shim = path.join(dir, 'docker');
  symlinkSync(path.join(root, 'test/fixtures/docker.mjs'), shim);
  chmodSync(shim, 0o755);
  return `${dir}:${process.env['PATH'] ?? ''}`;
}

describe('gravl-load run', () => {
  it('starts the stand-in target, runs the profile, stores a complete record and stops the target', async () => {
    const results = temporaryFolder();
    const load = ['run', '--profile', 'smoke', '--vus', '12', '--iterations', '60', '--json'];
    const finished = await gravlLoad([...load, '--results', results, '--tag', 'build=42', '--save-baseline'], {
      cwd: unhurriedFolder(),
    });
    expect(finished.exitCode).toBe(0);
    const record = recordOf(finished);
    expectPass(record);
    const passed = record.verdict.state === 'PASS';
    if (passed) expect(finished.stderr).toBe('');
    expect(record).toMatchObject({
      env: 'local',
      profile: 'smoke',
      scenarios: ['exercises', 'health', 'journey', 'metrics'],
      engine: { name: 'embedded' },
      interrupted: false,
      tags: { build: '42' },
      target: { version: '0.1.0', restarted: false },
    });
    expect(record.plan['load']).toMatchObject({ vus: 12 });
    // Seen once a second: a busy machine may miss the moment when all are there.
    expect(record.vusMax).toBeLessThanOrEqual(12);
    expect(record.total.requests).toBeGreaterThanOrEqual(20);
    expect(record.total.requests).toBe(record.endpoints.reduce((sum, { requests }) => sum + requests, 0));
    expect(record.checks.length).toBeGreaterThan(5);
    expect(record.thresholds.every(({ ok }) => ok)).toBe(true);
    expect(readdirSync(record.dir).sort()).toEqual([
      'comparison.json',
      'engine.log',
      'junit.xml',
      'report.html',
      'run.json',
      'series.ndjson',
      'summary.json',
      'summary.md',
    ]);
    const { dir, ...printed } = record;
    expect((await loadRunFolder(dir)).record).toEqual(printed);
    const series = await loadSeries(dir);
    const sum = series.filter(({ endpoint }) => endpoint === '').reduce((total, { requests }) => total + requests, 0);
    expect(sum).toBe(record.total.requests);
    const baseline = await readBaseline(results, 'local', 'smoke');
    expect(baseline?.runs.map(({ digest }) => digest.id) ?? []).toEqual(passed ? [record.id] : []);
    await expect(fetch(`${record.target.url}/health`)).rejects.toThrow();
  });

  it('tells an INVALID run to a gate: exit code 4 with --strict, also without a comparison', async () => {
    const { url } = await target();
    const results = temporaryFolder();
    const few = ['run', '--scenario', 'health', '--iterations', '3', '--base-url', url, '--json', '--results', results];
    const cwd = unhurriedFolder();
    const plain = await gravlLoad([...few, '--no-compare'], { cwd });
    expect(recordOf(plain)).toMatchObject({ exitCode: 0, verdict: { state: 'INVALID' } });
    expect(plain.exitCode).toBe(0);
    expect((await gravlLoad([...few, '--no-compare', '--strict'], { cwd })).exitCode).toBe(4);
    expect((await gravlLoad(few, { cwd, env: { GRAVL_LOAD_STRICT: 'true' } })).exitCode).toBe(4);
  });

  it('shows plan, progress and verdict to people', async () => {
    const { url, metricsUrl } = await target();
    const load = ['run', '--iterations', '30', '--vus', '3', '--base-url', url, '--metrics-url', metricsUrl];
    const { exitCode, stdout, stderr } = await gravlLoad([...load, '--results', temporaryFolder()], {
      cwd: unhurriedFolder(),
      // Through the command of k6, which does not tell how busy the machine was: nothing but the target is judged.
      env: { K6_BIN: gravlK6 },
    });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('baseline on local: 30 iterations by 3 users · health, exercises, metrics');
    expect(stdout).toMatch(/^ PASS {2}30 requests in/);
    expect(stdout).toMatch(/GET \/health +10 /);
    expect(stdout).toContain('✓ http_req_failed');
    expect(stdout).toContain('not compared: there is no baseline of local/baseline yet');
    expect(stdout).toContain('gravl-load baseline save');
  });

  it('ends with 99 and says which thresholds were crossed when the target fails', async () => {
    const { url } = await target({ errorRate: 0.3 });
    const results = temporaryFolder();
    const load = ['run', '--base-url', url, '--rate', '30', '--duration', '2s', '--json', '--results', results];
    const finished = await gravlLoad([...load, '--save-baseline'], { env: { K6_BIN: gravlK6 } });
    expect(finished.exitCode).toBe(99);
    const record = recordOf(finished);
    expect(record.verdict.state).toBe('FAIL');
    expect(record.verdict.reasons).toContain('threshold crossed: http_req_failed: rate<0.01');
    expect(record.total.errors).toEqual({ 'status 500': record.total.failed });
    expect(record.generator.plannedRate).toBe(30);
    expect(await listBaselines(results)).toEqual([]);
  });

  it('leaves the metrics scenario out when its endpoint does not answer, unless it was named', async () => {
    const { url } = await target();
    const args = [
      'run',
      '--iterations',
      '4',
      '--base-url',
      url,
      '--metrics-url',
      'http://127.0.0.1:1',
      '--results',
      temporaryFolder(),
    ];
    const without = await gravlLoad(args, { cwd: unhurriedFolder() });
    expect(without.exitCode).toBe(0);
    expect(without.stderr).toContain('The metrics scenario is left out: http://127.0.0.1:1/metrics cannot be reached');
    expect((await gravlLoad([...args, '--scenario', 'metrics'])).exitCode).toBe(6);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('keeps partial results on %s', async (signal) => {
    const { url } = await target();
    const results = temporaryFolder();
    const finished = await gravlLoad(
      ['run', '--base-url', url, '--duration', '10m', '--vus', '2', '--json', '--results', results],
      { onStart: (child) => whenMeasured(results, child, () => child.kill(signal)) },
    );
    expect(finished.exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
    const record = recordOf(finished);
    expect(record).toMatchObject({ interrupted: true, verdict: { state: 'INVALID' } });
    expect(record.total.requests).toBeGreaterThan(0);
    expect(record.durationSeconds).toBeLessThan(600);
  });

  it('ends at once when it is asked twice, even if an answer never comes', async () => {
    let loaded: () => void = () => undefined;
    const server = http.createServer((request, response) => {
      if (request.url === '/health') response.end('{}');
      else loaded();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const finished = await gravlLoad(
      [
        'run',
        ...['--base-url', `http://127.0.0.1:${port}`, '--scenario', 'exercises', '--duration', '10m'],
        ...['--json', '--results', temporaryFolder()],
      ],
      {
        onStart: (child) => {
          loaded = () => {
            // Two signals that nobody has heard yet are one: the second comes when the first was answered.
            child.stderr?.on('data', (text: string) => {
              if (text.includes('Once more ends at once')) child.kill('SIGINT');
            });
            child.kill('SIGINT');
            loaded = () => undefined;
          };
        },
      },
    );
    expect(finished.exitCode).toBe(130);
    expect(recordOf(finished)).toMatchObject({ interrupted: true, verdict: { state: 'INVALID' } });
  });
});

describe.each([
  ['K6_BIN as a command', { K6_BIN: `${process.execPath} ${gravlK6}` }, []],
  ['--engine docker', {}, ['--engine', 'docker']],
])('%s', (name, env, args) => {
  it('yields the same record as the embedded engine', async () => {
    const { url, metricsUrl } = await target();
    const load = { kind: 'iterations', vus: 4, iterations: 120, maxDuration: '5m' };
    const cwd = unhurriedFolder({ profile: 'burst', profiles: { burst: { purpose: 'no pauses', think: 0, load } } });
    const run = (extraEnv: Record<string, string>, extra: readonly string[]): Promise<Finished> =>
      gravlLoad(['run', '--base-url', url, '--metrics-url', metricsUrl, '--json', ...extra], { env: extraEnv, cwd });
    const other = await run({ ...env, ...(name.includes('docker') ? { PATH: dockerPath() } : {}) }, args);
    expect(other.stderr).toBe('');
    expect(other.exitCode).toBe(0);
    const [theirs, ours] = [recordOf(other), recordOf(await run({}, ['--engine', 'embedded']))];
    expect(theirs.engine.name).toBe(name.includes('docker') ? 'docker' : 'k6');
    // The verdict also tells how the generator fared, which only the embedded engine can say.
    const shape = ({ endpoints, checks, thresholds, iterations, planHash }: typeof ours) => ({
      planHash,
      iterations,
      endpoints: endpoints.map((endpoint) => endpoint.name).sort(),
      checks: checks.map(({ path: check, passes, fails }) => [check, passes > 0, fails]).sort(),
      thresholds: thresholds.map(({ metric, expression, ok }) => [metric, expression, ok]).sort(),
    });
    expect(shape(theirs)).toEqual(shape(ours));
    expect(Object.keys(theirs.missing)).toContain('generator.eventLoopLagP99');
  });
});

describe('bad input ends with one message', () => {
  const fails = async (
    args: readonly string[],
    exitCode: number,
    message: RegExp,
    env: Record<string, string> = {},
    cwd?: string,
  ) => {
    const finished = await gravlLoad(args, { env, ...(cwd === undefined ? {} : { cwd }) });
    expect(finished.stderr).toMatch(message);
    expect(finished.exitCode).toBe(exitCode);
    expect(finished.stdout).toBe('');
    expect(finished.stderr).not.toMatch(/\n\s+at |This is a bug/);
  };

  it.each<[string, string[], number, RegExp]>([
    ['unknown environment', ['run', '--env', 'stagin'], 2, /unknown environment "stagin": did you mean "staging"/],
    ['unknown profile', ['run', '--profile', 'smok'], 2, /unknown profile "smok": did you mean "smoke"/],
    ['unknown scenario', ['run', '--scenario', 'jorney'], 2, /unknown scenario "jorney": did you mean "journey"/],
    ['unknown engine', ['run', '--engine', 'dockr'], 2, /unknown engine "dockr": did you mean "docker"/],
    ['unknown option', ['run', '--profil', 'x'], 2, /unknown option '--profil'\n\(Did you mean --profile\?\)/],
    ['unknown command', ['rnu'], 2, /unknown command 'rnu'\n\(Did you mean run\?\)/],
    ['extra argument', ['run', 'smoke'], 2, /too many arguments/],
    ['malformed duration', ['run', '--duration', '3 minutes'], 2, /--duration: must be a duration/],
    ['negative users', ['run', '--vus', '-1'], 2, /--vus: must be at least 1, not "-1"/],
    ['malformed tag', ['run', '--tag', 'novalue'], 2, /--tag: must be NAME=VALUE/],
    [
      'unreachable target',
      ['run', '--base-url', 'http://127.0.0.1:1'],
      6,
      /cannot be reached: the connection was refused/,
    ],
    ['production without --yes', ['run', '--env', 'production'], 2, /load on production needs --yes/],
    ['docker that is missing', ['run', '--engine', 'docker'], 6, /docker/],
    ['k6 that is missing', ['run', '--engine', 'k6'], 6, /k6 was not found/],
    ['port of a target', ['target', '--port', '99999'], 2, /--port: must be a port from 0 to 65535/],
    ['report of no run', ['report', 'nothing'], 2, /there is no run "nothing"/],
    ['unknown report format', ['report', '--format', 'pdf'], 2, /--format: must be of html, junit, markdown/],
    [
      'baseline that is not there',
      ['baseline', 'show', '--env', 'staging'],
      2,
      /there is no baseline of staging\/baseline/,
    ],
  ])('%s', async (_, args, exitCode, message) => {
    await fails(
      [
        ...args,
        ...(args[0] === 'run' || args[0] === 'report' || args[0] === 'baseline'
          ? ['--results', temporaryFolder()]
          : []),
      ],
      exitCode,
      message,
      { PATH: path.dirname(process.execPath) === '/usr/bin' ? temporaryFolder() : path.dirname(process.execPath) },
    );
  });

  it('a K6_BIN that is not there', () =>
    fails([...quick, '--results', temporaryFolder()], 6, /\/no\/such\/k6 was not found/, { K6_BIN: '/no/such/k6' }));

  it('a certificate that is not trusted', async () => {
    const dir = temporaryFolder();
    const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-keyout', key, '-out', cert];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    execFileSync('openssl', ['req', '-x509', ...curve, '-nodes', '-days', '1', ...subject], { stdio: 'ignore' });
    const server = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await fails([...quick, '--base-url', `https://127.0.0.1:${port}`, '--results', dir], 6, /self-signed certificate/);
  });

  it('a port of the target that is taken', async () => {
    const { url } = await target();
    const { port } = new URL(url);
    await fails(['target', '--port', port], 6, new RegExp(`port ${port} on 127.0.0.1 is taken \\(--port\\)`));
  });

  it('a misspelt variable', () =>
    fails(quick, 2, /GRAVL_LOAD_PROFIL: unknown variable; did you mean GRAVL_LOAD_PROFILE/, {
      GRAVL_LOAD_PROFIL: 'smoke',
    }));

  it('a results folder that cannot be written', () => {
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    return fails([...quick, '--results', file], 2, /cannot be written/);
  });

  it('a scenario that does not compile, with file and line', () => {
    const project = temporaryFolder();
    mkdirSync(path.join(project, 'scenarios'));
    writeFileSync(path.join(project, 'scenarios', 'broken.ts'), 'export default function () {\n  const x = ;\n}\n');
    writeFileSync(path.join(project, 'scenarios', 'load.ts'), "export { default } from './broken.ts';\n");
    return fails(
      [...quick, '--results', 'results'],
      2,
      /scenarios\/broken\.ts:2:13: Unexpected ";"\n\s+const x = ;/,
      {},
      project,
    );
  });

  it('a scenario that load.ts does not list', () => {
    const project = temporaryFolder();
    mkdirSync(path.join(project, 'scenarios'));
    writeFileSync(path.join(project, 'scenarios', 'orphan.ts'), 'export default function () {}\n');
    writeFileSync(path.join(project, 'scenarios', 'load.ts'), 'export default function () {}\n');
    return fails([...quick, '--results', 'results'], 2, /load\.ts does not import the scenario "orphan"/, {}, project);
  });

  it('a damaged run and a damaged baseline, which stay as they are', async () => {
    const results = temporaryFolder();
    const run = path.join(results, 'runs', 'local', 'r1');
    mkdirSync(run, { recursive: true });
    writeFileSync(path.join(run, 'run.json'), '{"schemaVersion":1');
    await fails(['report', 'r1', '--results', results], 2, /run\.json cannot be read/);
    const baseline = path.join(results, 'baselines', 'local', 'baseline.json');
    mkdirSync(path.dirname(baseline), { recursive: true });
    writeFileSync(baseline, '{"schemaVersion":7}');
    await fails(['baseline', 'show', '--results', results], 2, /schema version 7; this gravl-load knows 2/);
    expect(readFileSync(baseline, 'utf8')).toBe('{"schemaVersion":7}');
  });
});

it('--dry-run prints the plan and sends nothing', async () => {
  const { exitCode, stdout } = await gravlLoad([
    'run',
    '--env',
    'production',
    '--dry-run',
    '-e',
    'API_TOKEN=s3cret',
    '--base-url',
    'https://u:p@gravl.app',
  ]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ env: 'production', load: { vus: 10 }, variables: { API_TOKEN: '***' } });
  expect(stdout).not.toContain('s3cret');
  expect(stdout).not.toContain('u:p@');
});

it('the help of every command has examples', async () => {
  for (const command of [['run'], ['target'], ['report'], ['build'], ['doctor'], ['baseline', 'save']]) {
    const { exitCode, stdout } = await gravlLoad([...command, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Examples:');
  }
});

it('doctor knows what is here', async () => {
  const { exitCode, stdout } = await gravlLoad(['doctor', '--json'], {
    env: { K6_BIN: `${process.execPath} ${gravlK6}` },
  });
  expect(exitCode).toBe(0);
  const findings = JSON.parse(stdout) as { name: string; version: string | null }[];
  expect(findings.find(({ name }) => name === 'engine k6')?.version).toMatch(/^\d+\.\d+\.\d+/);
  expect(findings.find(({ name }) => name === 'node')?.version).toBe(process.versions.node);
});
