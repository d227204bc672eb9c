import { execFileSync, spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { scopes, unsealValue } from '../../src/readiness/seal/seal.ts';
import { gravlLoad, root, temporaryFolder } from '../e2e/harness.ts';
import { findKubeseal } from '../readiness/seal/kubeseal.ts';

const cert = path.join(root, 'test/fixtures/sealing/test.crt');
const keyFile = path.join(root, 'test/fixtures/sealing/test.key');
const key = createPrivateKey(readFileSync(keyFile));
const to = ['--cert', cert, '--namespace', 'gravl-prod', '--name', 'api'];
const kubeseal = findKubeseal();

interface Sealed {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: { readonly encryptedData: Readonly<Record<string, string>> };
}

const strict = { namespace: 'gravl-prod', name: 'api', scope: 'strict' } as const;
function open(manifest: string, place: Parameters<typeof unsealValue>[2] = strict): Record<string, string> {
  const { encryptedData } = (parse(manifest) as Sealed).spec;
  return Object.fromEntries(
    Object.entries(encryptedData).map(([name, value]) => [name, unsealValue(value, [key], place).toString()]),
  );
}

/** The sealing key as the controller keeps it, and as kubectl prints it. */
function controllerKeys(): string {
  const data = { 'tls.crt': base64(cert), 'tls.key': base64(keyFile) };
  const labels = { 'sealedsecrets.bitnami.com/sealed-secrets-key': 'active' };
  const metadata = { name: 'sealed-secrets-keyabcde', namespace: 'kube-system', labels };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', data };
  return stringify({ apiVersion: 'v1', kind: 'List', items: [secret] });
}
const base64 = (file: string): string => readFileSync(file).toString('base64');

describe('gravl-load secrets seal', () => {
  it('takes values from files, the standard input, a generator and a template', async () => {
    const dir = temporaryFolder();
    writeFileSync(path.join(dir, 'ca.pem'), 'line\n');
    const { exitCode, stdout, stderr } = await gravlLoad(
      [
        ...['secrets', 'seal', ...to, '--stdin', 'password', '--generate', 'jwt-secret=64'],
        ...[
          '--from-file',
          path.join(dir, 'ca.pem'),
          '--template',
          'url=postgres://gravl:{password}@postgres:5432/gravl',
        ],
      ],
      { input: 'a/b c\n' },
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).not.toContain('a/b');
    expect(open(stdout)).toEqual({
      'ca.pem': 'line\n',
      password: 'a/b c',
      'jwt-secret': expect.stringMatching(/^[A-Za-z0-9]{64}$/) as string,
      url: 'postgres://gravl:a%2Fb%20c@postgres:5432/gravl',
    });
    expect((parse(stdout) as Sealed).metadata.annotations).toEqual({
      'gravl.app/sealed-with': expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
      'gravl.app/sealing-certificate-ends': '2036-11-21T04:46:09.000Z',
    });
  });

  it('takes KEY=VALUE lines, and writes a file', async () => {
    const file = path.join(temporaryFolder(), 'sealed.yaml');
    const args = ['secrets', 'seal', ...to, '--from-env-file', '-', '--output', file];
    const { stdout } = await gravlLoad(args, { input: '# two\nA=b c\r\nB==1\n' });
    expect(stdout).toBe(`gravl-prod/api (strict), A, B: ${file}\n`);
    expect(open(readFileSync(file, 'utf8'))).toEqual({ A: 'b c', B: '=1' });
  });

  it('asks without echo', async () => {
    const bin = path.join(root, 'bin/gravl-load.js');
    const file = path.join(temporaryFolder(), 'sealed.yaml');
    const line = [process.execPath, bin, 'secrets', 'seal', ...to, '--prompt', 'token', '--output', file].join(' ');
    const child = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let screen = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      screen += chunk;
      if (screen === 'token: ') child.stdin.write('hunter2\r');
    });
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    expect({ exitCode, screen }).toEqual({
      exitCode: 0,
      screen: expect.stringMatching(/token: [\s\S]*\(strict\), token/) as string,
    });
    expect(screen).not.toContain('hunter2');
    expect(open(readFileSync(file, 'utf8'))).toEqual({ token: 'hunter2' });
  });

  it.each([
    [
      'a value in the place of a length',
      ['--generate', 'jwt-secret=hunter2'],
      /--generate: jwt-secret: must be KEY=LENGTH/,
    ],
    ['a key that no Secret takes', ['--generate', 'a b=32'], /--generate: a key must be/],
    ['a key twice', ['--generate', 'a=32', '--generate', 'a=32'], /--generate: a is given twice/],
    ['a template of nothing', ['--generate', 'a=32', '--template', 'b=x{c}'], /--template: \{c\} is not among/],
    ['no value', [], /there is no value to seal/],
    ['an empty value', ['--stdin', 'token'], /the value of token is empty/],
    ['a question without a terminal', ['--prompt', 'token'], /"token:" cannot be asked.*--stdin/],
    ['a file that is not there', ['--from-file', 'a=nowhere'], /nowhere cannot be read/],
  ])('refuses %s, and does not repeat what was given as a value', async (_, args, message) => {
    const { exitCode, stdout, stderr } = await gravlLoad(['secrets', 'seal', ...to, ...args]);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(message) as string,
    });
    expect(stderr).not.toContain('hunter2');
  });

  it('refuses a certificate that has ended, warns of one that soon will, and of what is none', async () => {
    const dir = temporaryFolder();
    const soon = path.join(dir, 'soon.crt');
    const subject = ['-subj', '/CN=sealing', '-nodes', '-newkey', 'rsa:2048', '-keyout', path.join(dir, 'k')];
    execFileSync('openssl', ['req', '-x509', ...subject, '-days', '3', '-out', soon], { stdio: 'ignore' });
    const seal = (file: string, now?: string) =>
      gravlLoad(['secrets', 'seal', '--cert', file, ...to.slice(2), '--generate', 'a=32'], {
        ...(now === undefined ? {} : { env: { NODE_OPTIONS: `--import=${now}` } }),
      });
    expect(await seal(soon)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/warning: the sealing certificate ends in 2 days/) as string,
    });
    // A clock that is ten days ahead.
    const late =
      'const D=Date;globalThis.Date=class extends D{constructor(...a){super(...(a.length?a:[D.now()+864e6]))}}';
    const clock = `data:text/javascript,${encodeURIComponent(late)}`;
    expect(await seal(soon, clock)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/soon\.crt: the certificate is valid from .* not now/) as string,
    });
    expect(await seal(keyFile)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/test\.key holds no certificate/) as string,
    });
  });
});

describe('gravl-load secrets verify and backup-key', () => {
  it('backs up the active keys, encrypted and for the owner only, and verifies and restores with them', async () => {
    const dir = temporaryFolder();
    const file = (name: string): string => path.join(dir, name);
    writeFileSync(file('pass'), 'correct horse battery\n');
    writeFileSync(file('wrong'), 'correct horse batterx\n');
    const where = ['--output', file('keys.backup'), '--passphrase-file', file('pass'), '--results', dir];
    const backup = () => gravlLoad(['secrets', 'backup-key', '--input', '-', ...where], { input: controllerKeys() });
    const done = await backup();
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(done.stdout).toMatch(/^sealed-secrets-keyabcde sha256:[0-9a-f]{64} until 2036-11-21T.*\n1 key in /);
    expect(statSync(file('keys.backup')).mode & 0o777).toBe(0o600);
    expect(readFileSync(file('keys.backup'), 'utf8')).not.toMatch(/PRIVATE|tls\.key|LS0tLS1/);
    const fingerprint = /sha256:[0-9a-f]{64}/.exec(done.stdout)?.[0] ?? '';
    expect(JSON.parse(readFileSync(file('golive/key-backup.json'), 'utf8'))).toMatchObject({
      schemaVersion: 1,
      keys: [{ name: 'sealed-secrets-keyabcde', fingerprint }],
    });
    // A second one never takes its place.
    expect(await backup()).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/exists, and may hold/) as string,
    });

    const verify = (pass: string, ...more: string[]) =>
      gravlLoad([
        ...['secrets', 'verify', 'k8s/production/sealed-secrets-setup.yaml', '--key', file('keys.backup')],
        ...['--passphrase-file', file(pass), ...more],
      ]);
    const verified = await verify('pass', '--json');
    expect(verified.exitCode).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      ok: true,
      results: [{ name: 'gravl-db-secret', scope: 'strict', closed: [], fingerprints: [fingerprint] }],
    });
    expect(await verify('wrong')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/the passphrase is wrong, or the backup was changed/) as string,
    });
    const restored = await gravlLoad([
      'secrets',
      'restore-key',
      file('keys.backup'),
      '--passphrase-file',
      file('pass'),
    ]);
    expect((parse(restored.stdout) as { items: unknown[] }).items).toEqual(
      (parse(controllerKeys()) as { items: unknown[] }).items,
    );
  });

  it('says which values stay closed to another key, with exit code 5', async () => {
    const file = path.join(temporaryFolder(), 'other.key');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const verify = (keyOption: string) =>
      gravlLoad(['secrets', 'verify', 'k8s/production/sealed-secrets-setup.yaml', '--key', keyOption]);
    const closed = await verify(file);
    expect(closed.exitCode).toBe(5);
    expect(closed.stdout).toMatch(/^✗ gravl-prod\/gravl-db-secret \(strict\)\n {2}closed: .*POSTGRES_PASSWORD/);
    expect(await verify(cert)).toMatchObject({ exitCode: 2 });
  });

  it('refuses to back up nothing, or under a short passphrase', async () => {
    const dir = temporaryFolder();
    writeFileSync(path.join(dir, 'pass'), 'short\n');
    const backup = (input: string) =>
      gravlLoad(
        [
          ...['secrets', 'backup-key', '--input', '-', '--output', path.join(dir, 'b')],
          ...['--passphrase-file', path.join(dir, 'pass'), '--results', dir],
        ],
        { input },
      );
    expect(await backup(controllerKeys())).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/12 characters at least/) as string,
    });
    expect(await backup('apiVersion: v1\nkind: List\nitems: []\n')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/there is no Secret labelled .*=active/) as string,
    });
  });
});

describe.skipIf(kubeseal === undefined)(
  `kubeseal${kubeseal === undefined ? ' (skipped: needs go/kubeseal)' : ''}`,
  () => {
    const theirs = (args: readonly string[], input: string): string =>
      execFileSync(kubeseal ?? '', args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
    const unseal = ['--recovery-unseal', '--recovery-private-key', keyFile, '--format', 'yaml'];
    // Not UTF-8, so that nothing may read it as text on the way.
    const value = Buffer.from([0, 255, 10, 13, 192, 193]);

    it.each(scopes)('opens what we seal, and the other way: %s', async (scope) => {
      const dir = temporaryFolder();
      writeFileSync(path.join(dir, 'value'), value);
      const args = ['secrets', 'seal', ...to, '--scope', scope, '--from-file', `value=${path.join(dir, 'value')}`];
      const ours = (await gravlLoad(args)).stdout;
      const opened = parse(theirs(unseal, ours)) as { metadata: object; type: string; data: Record<string, string> };
      expect(opened).toMatchObject({ metadata: { name: 'api', namespace: 'gravl-prod' }, type: 'Opaque' });
      expect(opened.data).toEqual({ value: value.toString('base64') });

      const metadata = { name: 'api', namespace: 'gravl-prod' };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: { value: value.toString('base64') } };
      const sealed = theirs(['--cert', cert, '--scope', scope, '--format', 'yaml'], JSON.stringify(secret));
      const file = path.join(dir, 'theirs.yaml');
      writeFileSync(file, sealed);
      const verified = await gravlLoad(['secrets', 'verify', file, '--key', keyFile, '--json']);
      expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, results: [{ scope, opened: ['value'] }] });
      const { encryptedData } = (parse(sealed) as Sealed).spec;
      expect(unsealValue(encryptedData['value'] ?? '', [key], { ...strict, scope })).toEqual(value);
    });

    it('refuses, as we do, a strict secret under another name', async () => {
      const ours = (await gravlLoad(['secrets', 'seal', ...to, '--generate', 'a=32'])).stdout;
      const renamed = ours.replaceAll('name: api', 'name: other');
      const file = path.join(temporaryFolder(), 'renamed.yaml');
      writeFileSync(file, renamed);
      expect(() => theirs(unseal, renamed)).toThrow();
      expect((await gravlLoad(['secrets', 'verify', file, '--key', keyFile])).exitCode).toBe(5);
    });
  },
);
