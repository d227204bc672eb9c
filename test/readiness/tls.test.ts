/** What the TLS gate sees of real servers on the loopback, each with one thing wrong. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { certificateGates } from '../../src/readiness/gates/certificates.ts';
import type { GateContext } from '../../src/readiness/gates/model.ts';
import { probeTls } from '../../src/readiness/tls.ts';

const host = 'gravl.test';
let dir = '';
const file = (name: string): string => path.join(dir, name);
const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });

/** A certificate of the test's authority, valid between two times (YYMMDDHHMMSSZ). */
function issue(name: string, dns: string, from: string, to: string): void {
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-subj',
    `/CN=${dns}`,
    '-out',
    `${name}.csr`,
  );
  writeFileSync(file(`${name}.ext`), `subjectAltName=DNS:${dns}\n`);
  const place = ['-config', 'ca.cnf', '-extfile', `${name}.ext`, '-in', `${name}.csr`, '-out', `${name}.crt`];
  openssl('ca', '-batch', '-notext', ...place, '-startdate', from, '-enddate', to);
}
const stamp = (days: number): string =>
  new Date(Date.now() + days * 86_400_000)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2);

beforeAll(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-tls-'));
  mkdirSync(file('new'));
  writeFileSync(file('index.txt'), '');
  writeFileSync(file('serial'), '01\n');
  writeFileSync(
    file('ca.cnf'),
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=new\nserial=serial\ncertificate=ca.crt\nprivate_key=ca.key\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n',
  );
  const own = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '90'];
  openssl('req', ...own, '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.crt');
  openssl(
    'req',
    ...own,
    '-subj',
    `/CN=${host}`,
    '-addext',
    `subjectAltName=DNS:${host}`,
    '-keyout',
    'self.key',
    '-out',
    'self.crt',
  );
  issue('good', host, stamp(-1), stamp(90));
  issue('soon', host, stamp(-60), stamp(20));
  issue('expired', host, stamp(-60), stamp(-2));
  issue('wrong', 'other.test', stamp(-1), stamp(90));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function serve(name: string, options: TlsOptions = {}): Promise<string> {
  const server = createServer({
    key: readFileSync(file(`${name}.key`)),
    cert: readFileSync(file(`${name}.crt`)),
    ...options,
  });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const gate = certificateGates.find(({ id }) => id === 'tls-endpoint');

async function judge(address: string): Promise<string[]> {
  const tls = await probeTls(address, host, readFileSync(file('ca.crt'), 'utf8'));
  const outcome = gate?.check({ tls, now: new Date() } as GateContext);
  expect(outcome?.state).toBe((outcome?.findings ?? []).length === 0 ? 'pass' : 'fail');
  return (outcome?.findings ?? []).map(({ message }) => message.replace(`${address}: `, ''));
}

describe('the TLS gate', () => {
  it('passes a trusted certificate on TLS 1.2 and 1.3', async () => {
    expect(await judge(await serve('good'))).toEqual([]);
    expect(await judge(await serve('good', { maxVersion: 'TLSv1.2' }))).toEqual([]);
  });

  it.each([
    ['an expired one', 'expired', [/certificate has expired/, /the certificate ends at/]],
    ['one that soon expires', 'soon', [/the certificate ends at/]],
    ['a self-signed one', 'self', [/self-signed certificate/]],
    ['one of another host', 'wrong', [/gravl\.test\. is not in the cert's altnames/]],
  ])('fails %s', async (_, name, messages) => {
    expect(await judge(await serve(name))).toEqual(messages.map((message) => expect.stringMatching(message) as string));
  });

  it('fails a server that takes protocols of before TLS 1.2', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const address = await serve('good', old);
    expect(await judge(address)).toEqual([`${address} takes TLSv1`, `${address} takes TLSv1.1`]);
  });

  it('fails where nobody listens', async () => {
    expect(await judge('127.0.0.1:1')).toEqual([expect.stringMatching(/ECONNREFUSED/)]);
  });
});
