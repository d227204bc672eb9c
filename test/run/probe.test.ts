import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchMetrics, probeTarget, restarted } from '../../src/run/probe.ts';

const servers: net.Server[] = [];
const never = new AbortController().signal;
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: net.Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (status: number, body: string): net.Server =>
  http.createServer((_, response) => response.writeHead(status, { connection: 'close' }).end(body));

describe('probing the target', () => {
  it('takes version and uptime from /health', async () => {
    const address = await listen(answering(200, '{"status":"ok","uptime":12.5,"version":"1.2.3"}'));
    expect(await probeTarget(`http://${address}`, never)).toMatchObject({ version: '1.2.3', uptime: 12.5 });
  });

  it.each([
    ['an error status', 500, '{"error":"x"}'],
    ['no JSON', 200, 'fine'],
    ['another JSON', 200, '[1]'],
  ])('is content with %s: judging it is up to the load', async (_, status, body) => {
    const address = await listen(answering(status, body));
    expect(await probeTarget(`http://${address}`, never)).toMatchObject({ version: null, uptime: null });
  });

  it('says why a target cannot be reached, without its password', async () => {
    const probe = probeTarget('http://user:hunter2@127.0.0.1:1', never);
    await expect(probe).rejects.toMatchObject({
      code: 'target.unreachable',
      exitCode: 6,
      message: 'http://127.0.0.1:1 cannot be reached: the connection was refused: nothing listens there',
    });
    await expect(probeTarget('http://no-such-host.invalid', never)).rejects.toMatchObject({
      code: 'target.unreachable',
    });
    const address = await listen(net.createServer((socket) => socket.destroy()));
    await expect(probeTarget(`http://${address}`, never)).rejects.toMatchObject({ code: 'target.unreachable' });
  });

  it('tells a certificate that is not trusted from a target that is away', async () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-cert-'));
    const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '1',
        '-subj',
        '/CN=localhost',
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    const address = await listen(https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }));
    rmSync(dir, { recursive: true });
    await expect(probeTarget(`https://${address}`, never)).rejects.toMatchObject({
      code: 'target.tls',
      exitCode: 6,
      message: expect.stringContaining('self-signed certificate') as string,
    });
    const plain = await listen(answering(200, '{}'));
    await expect(probeTarget(`https://${plain}`, never)).rejects.toMatchObject({ code: 'target.tls' });
  });

  it('is given up at once when it is asked to stop', async () => {
    const address = await listen(net.createServer());
    const stop = new AbortController();
    const probe = probeTarget(`http://${address}`, stop.signal);
    stop.abort();
    await expect(probe).rejects.toMatchObject({ code: 'target.unreachable' });
  });

  it('wants 200 from the metrics endpoint', async () => {
    await fetchMetrics(`http://${await listen(answering(200, 'up 1'))}`, never);
    const address = await listen(answering(404, ''));
    await expect(fetchMetrics(`http://${address}`, never)).rejects.toMatchObject({
      message: `http://${address}/metrics answers with status 404`,
    });
  });
});

describe('a restart', () => {
  const at = (uptime: number | null, seconds: number) => ({ version: null, uptime, at: seconds * 1000 });
  it('is an uptime that went back', () => {
    expect(restarted(at(100, 0), at(130, 30))).toBe(false);
    expect(restarted(at(100, 0), at(129.2, 30))).toBe(false);
    expect(restarted(at(100, 0), at(12, 30))).toBe(true);
    expect(restarted(at(5, 0), at(12, 30))).toBe(true);
  });
  it('is unknown when the target does not say its uptime, or is gone', () => {
    expect(restarted(at(null, 0), at(1, 30))).toBeNull();
    expect(restarted(at(1, 0), undefined)).toBeNull();
  });
});
