/** The go-live from its commands: fake DNS, real Prometheus and Alertmanager, signatures. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { freePort, gravlLoad, root, temporaryFolder } from '../../e2e/harness.ts';

interface Entry {
  readonly step: string;
  readonly state: string;
  readonly evidence: string;
  readonly findings: readonly string[];
}

/** A project with its own copy of the manifests, golive.yaml changed as wanted. */
function project(change: (place: Record<string, unknown>) => void = () => undefined): {
  dir: string;
  args: string[];
  entries: () => Entry[];
} {
  const dir = temporaryFolder();
  cpSync(path.join(root, 'k8s'), path.join(dir, 'k8s'), { recursive: true });
  const file = path.join(dir, 'k8s', 'golive.yaml');
  const declared = parse(readFileSync(file, 'utf8')) as { environments: Record<string, Record<string, unknown>> };
  change(declared.environments['production'] ?? {});
  writeFileSync(file, stringify(declared));
  const args = ['--manifests', path.join(dir, 'k8s'), '--results', path.join(dir, 'results'), '--release', 'v1'];
  const journal = path.join(dir, 'results', 'golive', 'production', 'v1', 'journal.json');
  return { dir, args, entries: () => (JSON.parse(readFileSync(journal, 'utf8')) as { entries: Entry[] }).entries };
}
const entryOf = (entries: readonly Entry[], step: string): Entry | undefined =>
  entries.findLast((entry) => entry.step === step);

/** Answers A questions with these addresses, CAA with that issuer, everything else with no records. */
async function fakeDns(addresses: readonly string[], issuer?: string): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const end = question.indexOf(0, 12) + 5;
    const type = question.readUInt16BE(end - 4);
    const data =
      type === 1
        ? addresses.map((address) => Buffer.from(address.split('.').map(Number)))
        : type === 257 && issuer !== undefined
          ? [Buffer.concat([Buffer.from([0, 5]), Buffer.from('issue'), Buffer.from(issuer)])]
          : [];
    const records = data.map((bytes) => {
      const head = Buffer.from([0xc0, 12, 0, 0, 0, 1, 0, 0, 0, 60, 0, 0]);
      head.writeUInt16BE(type, 2);
      head.writeUInt16BE(bytes.length, 10);
      return Buffer.concat([head, bytes]);
    });
    const head = Buffer.from([question[0] ?? 0, question[1] ?? 0, 0x81, 0x80, 0, 1, 0, records.length, 0, 0, 0, 0]);
    socket.send(Buffer.concat([head, question.subarray(12, end), ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

async function web(answer: (url: string, body: string) => [status: number, body: string]): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const [status, text] = answer(request.url ?? '', body);
      response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('golive preflight', () => {
  it('compares the names with where they must point, and says what it could not check', async () => {
    const { args, entries } = project((place) => (place['addresses'] = ['192.0.2.7']));
    const messages: string[] = [];
    const hook = await web((_, body) => (messages.push(body), [200, '']));
    const run = async (dns: string) =>
      gravlLoad(['golive', 'preflight', ...args, '--dns', dns, '--notify', `${hook}/secret-path`]);
    const { exitCode, stdout } = await run(await fakeDns(['192.0.2.7'], 'letsencrypt.org'));
    expect(exitCode).toBe(5);
    expect(entryOf(entries(), 'dns')).toMatchObject({ state: 'pass', evidence: 'gravl.app is 192.0.2.7' });
    expect(entryOf(entries(), 'access')).toMatchObject({ state: 'not checked' });
    expect(entryOf(entries(), 'notify')).toMatchObject({ state: 'pass' });
    // The committed tree has placeholders.
    expect(entryOf(entries(), 'gates')?.findings.join('\n')).toMatch(/images-pinned/);
    expect(messages.join('\n')).toMatch(/preflight is not complete/);
    expect(stdout + JSON.stringify(entries())).not.toContain('secret-path');

    // What passed is not done again.
    const again = await run(await fakeDns([]));
    expect(again.stdout).toMatch(/= {2}the names point to the ingress: pass/);
    expect(entries().filter(({ step }) => step === 'dns')).toHaveLength(1);
  });

  it('finds a name that points elsewhere, an authority that is not allowed, and a server that is not there', async () => {
    const { args, entries } = project((place) => (place['addresses'] = ['192.0.2.7']));
    const run = (dns: string) => gravlLoad(['golive', 'preflight', ...args, '--dns', dns]);
    await run(await fakeDns(['198.51.100.1'], 'other.example'));
    expect(entryOf(entries(), 'dns')).toMatchObject({
      state: 'fail',
      findings: [expect.stringMatching(/CAA/), expect.stringMatching(/points to 198.51.100.1, not to 192.0.2.7/)],
    });
    await run('127.0.0.1:1');
    expect(entryOf(entries(), 'dns')).toMatchObject({
      state: 'not checked',
      evidence: expect.stringMatching(/does not answer/) as string,
    });
  });

  it('keeps the order, shows what it will do, and names what is wrong', async () => {
    const { args, dir } = project();
    const early = await gravlLoad(['golive', 'apply', ...args, '--yes']);
    expect(early).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/apply comes after: preflight/) as string,
    });
    const dry = await gravlLoad(['golive', 'apply', ...args, '--dry-run']);
    expect(dry.exitCode).toBe(0);
    expect(dry.stdout).toMatch(
      /apply NetworkPolicy gravl-prod\/gravl-default-deny[\s\S]*apply SealedSecret gravl-prod\/gravl-db-secret[\s\S]*apply Deployment gravl-prod\/backend[\s\S]*apply Ingress gravl-prod\/gravl/,
    );
    expect(dry.stdout).not.toMatch(/gravl-staging|gravl-db-secret-vault/);
    const status = await gravlLoad(['golive', 'status', ...args]);
    expect(status.stdout).toMatch(
      /watch: promises hold and no alert fires \(development and operations, by turns, about 2h to 4h\): not done/,
    );
    const unknown = await gravlLoad(['golive', 'preflight', ...args, '--accept', 'dnz=because']);
    expect(unknown).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/no step "dnz"; there are: dns,/) as string,
    });
    writeFileSync(path.join(dir, 'k8s', 'golive.yaml'), 'schemaVersion: 1\nenvironments: {staging: {hots: x}}\n');
    const wrong = await gravlLoad(['golive', 'status', ...args]);
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/environments.staging.*hots/) as string });
  });
});

/** Steps that need what a test has not, accepted. */
const acceptAll = (...steps: string[]): string[] =>
  steps.flatMap((step) => ['--accept', `${step}=not part of this test`]);

async function throughApply(args: readonly string[], dns: string): Promise<void> {
  await gravlLoad([
    'golive',
    'preflight',
    ...args,
    '--dns',
    dns,
    ...acceptAll('dns', 'access', 'backups', 'gates', 'notify'),
  ]);
  await gravlLoad([
    'golive',
    'apply',
    ...args,
    ...acceptAll('namespaces', 'server-dry-run', 'policies', 'secrets', 'workloads', 'ingress'),
  ]);
}

describe('golive validate and signoff', () => {
  it('asks the services, and signs only what passed or was accepted; a change afterwards is found', async () => {
    let healthy = false;
    const site = await web(() => [healthy ? 200 : 503, 'ok']);
    const { args, dir, entries } = project(
      (place) => (place['checks'] = [{ name: 'API', url: `${site}/health`, contains: 'ok' }]),
    );
    await throughApply(args, await fakeDns([]));
    const rest = acceptAll('gates-live', 'smoke', 'metrics', 'logs');
    expect((await gravlLoad(['golive', 'validate', ...args, ...rest])).exitCode).toBe(5);
    expect(entryOf(entries(), 'services')).toMatchObject({
      state: 'fail',
      findings: [expect.stringMatching(/answers 503, not 200/)],
    });
    healthy = true;
    expect((await gravlLoad(['golive', 'validate', ...args, ...rest])).exitCode).toBe(0);
    // Nobody asked for it: told, not passed.
    expect(entryOf(entries(), 'failover')).toMatchObject({ state: 'not checked' });

    const key = path.join(dir, 'key.pem');
    const pub = path.join(dir, 'pub.pem');
    spawnSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', key]);
    spawnSync('openssl', ['pkey', '-in', key, '-pubout', '-out', pub]);
    const sign = () => gravlLoad(['golive', 'signoff', ...args, '--key', key, '--signer', 'Jo']);
    expect(await sign()).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/watch watch: not done/) as string,
    });
    await gravlLoad(['golive', 'watch', ...args, ...acceptAll('watch')]);
    expect((await sign()).exitCode).toBe(0);
    const verify = () => gravlLoad(['golive', 'verify', ...args, '--key', pub]);
    expect(await verify()).toMatchObject({ exitCode: 0, stdout: 'v1: as it was signed\n' });
    const record = path.join(dir, 'results', 'golive', 'production', 'v1');
    // Others can prove it without us.
    writeFileSync(
      path.join(dir, 'raw.sig'),
      Buffer.from(readFileSync(path.join(record, 'signoff.json.sig'), 'utf8'), 'base64'),
    );
    const openssl = spawnSync('openssl', [
      'pkeyutl',
      '-verify',
      '-pubin',
      '-inkey',
      pub,
      '-rawin',
      '-in',
      path.join(record, 'signoff.json'),
      '-sigfile',
      path.join(dir, 'raw.sig'),
    ]);
    expect(openssl.status).toBe(0);
    const markdown = path.join(record, 'signoff.md');
    writeFileSync(markdown, readFileSync(markdown, 'utf8').replace('accepted', 'pass'));
    expect(await verify()).toMatchObject({ exitCode: 5, stdout: 'signoff.md was changed afterwards\n' });
    const journal = path.join(record, 'journal.json');
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('"accepted"', '"pass"'));
    expect(await gravlLoad(['golive', 'status', ...args])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/entry 1 was changed afterwards/) as string,
    });
  });
});

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

describe.skipIf(!has('prometheus') || !has('prometheus-alertmanager'))('golive watch', () => {
  it('passes while the promises hold, fails at once when one breaks or an alert fires', async () => {
    let errors = 0;
    const target = await web(() => [200, `app_error_share ${errors}\n`]);
    const prometheus = await startPrometheus(target);
    const alertmanager = await startAlertmanager();
    const { args, entries } = project((place) => {
      place['watch'] = { atLeast: '12s', every: '1s', patience: '1m' };
      place['slos'] = [{ name: 'errors', query: 'app_error_share', limit: '<0.001', for: '2s' }];
      place['checks'] = [{ name: 'API', url: target }];
      place['prometheus'] = prometheus;
      place['alertmanager'] = alertmanager;
    });
    await throughApply(args, await fakeDns([]));
    await gravlLoad(['golive', 'validate', ...args, ...acceptAll('gates-live', 'smoke', 'metrics', 'logs')]);
    const watch = (...more: string[]) => gravlLoad(['golive', 'watch', ...args, ...more]);

    const short = await watch('--for', '1s');
    expect(short.exitCode).toBe(5);
    expect(entryOf(entries(), 'watch')).toMatchObject({
      state: 'not checked',
      evidence: expect.stringMatching(/at least 0.2 min/) as string,
    });
    // It goes on where it was.
    expect((await watch('--for', '13s')).exitCode).toBe(0);
    expect(entryOf(entries(), 'watch')).toMatchObject({
      state: 'pass',
      evidence: expect.stringMatching(/errors at worst 0/) as string,
    });

    errors = 0.5;
    expect((await watch('--for', '2h', '--again')).exitCode).toBe(5);
    expect(entryOf(entries(), 'watch')).toMatchObject({
      state: 'fail',
      findings: [expect.stringMatching(/errors: not <0.001 since .*, at worst 0.5/)],
    });

    errors = 0;
    await fetch(`${alertmanager}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        { labels: { alertname: 'GravlBackendDown', severity: 'critical', namespace: 'gravl-prod' } },
      ]),
    });
    expect((await watch('--for', '2h', '--again')).exitCode).toBe(5);
    expect(entryOf(entries(), 'watch')?.findings.join()).toMatch(/alert GravlBackendDown fires/);

    const gone = await watch('--again', '--prometheus', 'http://127.0.0.1:1', '--for', '1s');
    expect(gone.stdout).toMatch(/cannot be reached/);
    expect(entryOf(entries(), 'watch')).toMatchObject({ state: 'not checked' });
  });
});

async function startPrometheus(target: string): Promise<string> {
  const dir = temporaryFolder();
  const port = await freePort();
  const config = {
    global: { scrape_interval: '1s' },
    scrape_configs: [{ job_name: 'app', static_configs: [{ targets: [new URL(target).host] }] }],
  };
  writeFileSync(path.join(dir, 'prometheus.yml'), stringify(config));
  start('prometheus', [
    `--config.file=${dir}/prometheus.yml`,
    `--storage.tsdb.path=${dir}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const base = `http://127.0.0.1:${port}`;
  await answers(`${base}/api/v1/query?query=app_error_share`, '"metric"');
  return base;
}

async function startAlertmanager(): Promise<string> {
  const dir = temporaryFolder();
  const port = await freePort();
  mkdirSync(path.join(dir, 'data'));
  writeFileSync(path.join(dir, 'am.yml'), 'route: {receiver: none}\nreceivers: [{name: none}]\n');
  start('prometheus-alertmanager', [
    `--config.file=${dir}/am.yml`,
    `--storage.path=${dir}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]);
  const base = `http://127.0.0.1:${port}`;
  await answers(`${base}/api/v2/alerts`, '[]');
  return base;
}

function start(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const answers = (url: string, text: string): Promise<void> =>
  expect
    .poll(async () => (await fetch(url)).text().catch(() => ''), { timeout: 300_000, interval: 200 })
    .toContain(text);
