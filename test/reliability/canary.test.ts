/** Secrets in every place they may come from; then everything that was written or said is searched for them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { lockFile } from '../../src/run/lock.ts';
import { canaries, found, inCommandLines, inFiles } from './canaries.ts';
import { gravlK6, gravlLoad, root, temporaryFolder, type Finished } from '../e2e/harness.ts';

interface Api {
  readonly url: string;
  readonly seen: Set<string>;
}

/** Answers right, wrong and elsewhere, and says in each answer what it was sent. */
async function chattyApi(): Promise<Api> {
  const seen = new Set<string>();
  let n = 0;
  const server = http.createServer((request, response) => {
    const authorization = request.headers.authorization ?? '';
    seen.add(authorization);
    const wrong = n++ % 3 === 1;
    response.writeHead(wrong ? 500 : n % 7 === 3 ? 302 : 200, {
      'content-type': 'application/json',
      'set-cookie': `session=${canaries.cookie}`,
      location: `${request.url ?? ''}?api_key=${canaries.echoed}`,
    });
    response.end(
      JSON.stringify({
        status: wrong ? 'error' : 'ok',
        uptime: 1,
        version: '1',
        error: `no access with ${authorization} as ${canaries.user}:${canaries.password}, password=${canaries.echoed}`,
        password: canaries.echoed,
        token: canaries.token,
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { user, password } = canaries;
  return { url: `http://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}`, seen };
}

let cwd: string;
const leaks: string[] = [];

async function say(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const finished = await gravlLoad(args, { cwd, env: { HOME: cwd, ...env } });
  leaks.push(
    ...found(`stdout of ${args.join(' ')}`, finished.stdout),
    ...found(`stderr of ${args.join(' ')}`, finished.stderr),
  );
  expect(finished.exitCode, `${args.join(' ')}: ${finished.stderr}`).not.toBe(1);
  return finished;
}

describe('secrets', () => {
  beforeAll(() => {
    leaks.length = 0;
  });

  it('reach requests, and no file, output or command line', async () => {
    cwd = temporaryFolder();
    const api = await chattyApi();
    const env = {
      GRAVL_API_URL: api.url,
      GRAVL_API_TOKEN: canaries.token,
      GRAVL_LOAD_VARIABLE: `API_PASSWORD=${canaries.variable}`,
      K6_HTTP_DEBUG: 'full',
    };
    const load = ['run', '--iterations', '12', '--vus', '2', '--results', 'results'];
    const first = say([...load, '--debug'], env);
    leaks.push(...(await inCommandLines(first)));
    expect((await first).stdout).toMatch(/INVALID|FAIL/);
    expect([...api.seen]).toContain(`Bearer ${canaries.token}`);

    writeFileSync(path.join(cwd, 'token.txt'), `${canaries.fileToken}\n`);
    await say([...load, '--json', '--token-file', 'token.txt'], env);
    expect([...api.seen]).toContain(`Bearer ${canaries.fileToken}`);
    writeFileSync(path.join(cwd, 'token.txt'), '');
    await say([...load, '--json', '--save-baseline'], { ...env, K6_BIN: gravlK6 });

    for (const args of [
      [...load, '--dry-run'],
      ['report', '--format', 'html,junit,markdown,json,csv'],
      ['report', '--list'],
      ['compare', '--json'],
      ['compare', '--markdown'],
      ['baseline', 'save', '--force'],
      ['baseline', 'list'],
      ['doctor', '--json'],
      ['init', 'project'],
      ['run', '--base-url', 'nonsense', '--vus', '-1'],
      ['run', '--no-such-option'],
    ]) {
      await say(args, env);
    }
    await say(load, { ...env, GRAVL_API_URL: api.url.replace(/:\d+$/, ':1') });
    await say(load, { ...env, GRAVL_API_URL: api.url.replace('http:', 'htp:') });
    await say(load, { ...env, GRAVL_API_TOKEN: `${canaries.token}\nx` });
    const database = `postgres://gravl:${canaries.database}@127.0.0.1:1/gravl`;
    await say(['target', '--port', '0', '--metrics-port', '0'], { DATABASE_URL: database });

    // What a killed run leaves behind, too.
    await gravlLoad([...load.slice(0, 1), '--duration', '20s', '--results', 'killed'], {
      cwd,
      env: { HOME: cwd, ...env },
      onStart(child) {
        const timer = setInterval(() => {
          const text = readdirSync(cwd, { recursive: true })
            .map(String)
            .find((name) => name.endsWith('series.ndjson') && name.startsWith('killed'));
          if (text !== undefined && readFileSync(path.join(cwd, text), 'utf8') !== '') child.kill('SIGKILL');
        }, 50);
        child.once('close', () => clearInterval(timer));
      },
    });
    await say(['report', '--partial', '--results', 'killed'], env);

    const archived = spawn(
      process.execPath,
      [gravlK6, 'archive', '-O', path.join(cwd, 'out.tar'), path.join(root, 'scenarios/health.ts')],
      {
        env: { PATH: process.env['PATH'] ?? '', GRAVL_API_TOKEN: canaries.token },
        stdio: 'ignore',
      },
    );
    expect(await new Promise((resolve) => archived.once('close', resolve))).toBe(0);

    leaks.push(...inFiles(cwd));
    leaks.push(...inFiles(path.dirname(lockFile(api.url))));
    expect(leaks).toEqual([]);
  });

  it('of a token do not follow a redirection to another host', async () => {
    cwd = temporaryFolder();
    const visitors: string[] = [];
    const other = http.createServer((request, response) => {
      visitors.push(request.url ?? '');
      response.end('{}');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const paths = new Set<string>();
    const api = http.createServer((request, response) => {
      const url = request.url ?? '';
      paths.add(url);
      if (url.startsWith('/api/exercises')) response.writeHead(302, { location: `${elsewhere}${url}` }).end();
      else if (url === '/health') response.writeHead(307, { location: '/well' }).end();
      else
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok","uptime":1,"version":"1"}');
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void api.close());
    const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    const { stdout } = await say(
      ['run', '--iterations', '20', '--vus', '2', '--base-url', url, '--results', 'results', '--no-compare', '--json'],
      { GRAVL_API_TOKEN: canaries.token },
    );
    const record = JSON.parse(stdout) as { checks: { path: string; passes: number; fails: number }[] };
    expect(visitors).toEqual([]);
    expect(paths).toContain('/well');
    expect(record.checks.find((check) => check.path.includes('health::status is 200'))).toMatchObject({ fails: 0 });
    expect(record.checks.find((check) => check.path.includes('exercises-list::status is 200'))).toMatchObject({
      passes: 0,
    });
  });

  it('come from a secret source of k6, too', async () => {
    cwd = temporaryFolder();
    const api = await chattyApi();
    const file = path.join(cwd, 'secrets.env');
    writeFileSync(file, `api=${canaries.fileToken}\n`);
    const child = spawn(
      process.execPath,
      [
        gravlK6,
        'run',
        '--quiet',
        '--http-debug=full',
        `--secret-source=file=${file}`,
        path.join(root, 'scenarios/load.ts'),
      ],
      {
        env: {
          PATH: process.env['PATH'] ?? '',
          GRAVL_API_URL: api.url.replace(/\/\/.*@/, '//'),
          GRAVL_TOKEN_SECRET: 'api',
          GRAVL_PROFILE: 'smoke',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const timer = setInterval(() => {
      if (api.seen.has(`Bearer ${canaries.fileToken}`)) child.kill('SIGINT');
    }, 100);
    await new Promise((resolve) => child.once('close', resolve));
    clearInterval(timer);
    expect([...api.seen]).toEqual([`Bearer ${canaries.fileToken}`]);
    expect(found('the log', said).filter((leak) => leak.startsWith('fileToken'))).toEqual([]);
  });
});
