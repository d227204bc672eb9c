/** Load that would go where it may not, or be more than was asked for: by scripts, redirections, variables. */
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gravlK6, gravlLoad, recordOf, target, temporaryFolder, type Finished } from '../e2e/harness.ts';

/** A project whose scenario is this code; `plan` is the plan of the run. */
async function project(
  code: string,
): Promise<(args: readonly string[], env?: Record<string, string>) => Promise<Finished>> {
  const dir = temporaryFolder();
  expect((await gravlLoad(['init'], { cwd: dir })).exitCode).toBe(0);
  writeFileSync(
    path.join(dir, 'scenarios/health.ts'),
    `import http from 'k6/http';
    import ws from 'k6/ws';
    import grpc from 'k6/net/grpc';
    import { optionsOf, plan } from 'gravl-load/suite';
    export { handleSummary } from 'gravl-load/suite';
    export const options = optionsOf('health');
    export default function health() { ${code} }`,
  );
  return (args, env = {}) => gravlLoad(['run', '--vus', '1', '--json', '--no-compare', ...args], { cwd: dir, env });
}

/** Answers /health, and sends everything else elsewhere. */
async function redirecting(to: string): Promise<string> {
  const server = http.createServer(({ url }, response) => {
    if (url === '/health') response.end('{"status":"ok"}');
    else response.writeHead(302, { location: to }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a script', () => {
  it('reaches no host that the environment does not name, by no spelling and no redirection', async () => {
    const to = [
      'https://gravl.app/health',
      'http://example.com/',
      'http://8.8.8.8/',
      'http://134744072/',
      'http://0x08080808/',
      'http://[::ffff:8.8.8.8]/',
      'http://169.254.169.254/',
      'http://2852039166/',
      'http://[::ffff:a9fe:a9fe]/',
      'http://metadata.google.internal/',
    ];
    const run = await project(`
      for (const url of ${JSON.stringify([...to, 'REDIRECTED'])}) {
        const { error_code } = http.get(url.replace('REDIRECTED', plan.apiUrl + '/elsewhere'), { tags: { name: 'r' } });
        if (error_code !== 1110 && error_code !== 1111) throw new Error(url + ' ' + error_code);
      }
      for (const url of ['ws://8.8.8.8/', 'ws://example.com/', 'ws://169.254.169.254/', 'ws://[::ffff:a9fe:a9fe]/']) {
        const answer = ws.connect(url, {}, () => undefined);
        if (!/may be called|blacklisted/.test(answer?.error)) throw new Error(url + ' ' + answer?.error);
      }
      for (const address of ['8.8.8.8:443', 'example.com:443', '[::ffff:a9fe:a9fe]:80']) {
        let error;
        try { new grpc.Client().connect(address, { plaintext: true }); } catch (refused) { error = String(refused); }
        if (!/may be called|blacklisted/.test(error)) throw new Error(address + ' ' + error);
      }`);
    const url = await redirecting('http://example.com/');
    const record = recordOf(await run(['--iterations', '1', '--base-url', url]));
    expect(record.iterations).toBe(1);
    expect(record.total.errors).toEqual({ 'error 1111': 11 });
  });

  it('reaches no production from elsewhere, on an engine that knows only options of k6', async () => {
    const run = await project(`
      for (const url of ['https://gravl.app/health', 'http://metadata.google.internal/', 'http://2852039166/']) http.get(url);`);
    const { url } = await target();
    const wrapper = path.join(temporaryFolder(), 'k6');
    writeFileSync(wrapper, `#!/bin/sh\nunset GRAVL_K6_ALLOW_HOSTNAMES\nexec ${process.execPath} ${gravlK6} "$@"\n`, {
      mode: 0o755,
    });
    const record = recordOf(await run(['--iterations', '2', '--base-url', url], { K6_BIN: wrapper }));
    expect(record.total.errors).toEqual({ 'error 1110': 2, 'error 1111': 4 });
  });
});

describe('the environment of the command', () => {
  it('does not change the load: what k6 takes from variables stays with the plan', async () => {
    const { url } = await target();
    const load = ['run', '--iterations', '30', '--vus', '2', '--scenario', 'health', '--base-url', url, '--no-compare'];
    const { stdout, stderr } = await gravlLoad([...load, '--results', temporaryFolder()], {
      env: { K6_VUS: '50', K6_DURATION: '1h', K6_NO_THRESHOLDS: 'true', K6_BLACKLIST_IPS: '127.0.0.0/8' },
    });
    expect(stdout).toMatch(/30 requests in .* by 2 users: .*, 0 % errors/);
    expect(stdout).toContain('✓ http_req_failed');
    expect(stderr).toContain(
      'Not passed on to the engine, because the plan has the say: K6_VUS, K6_DURATION, K6_NO_THRESHOLDS, K6_BLACKLIST_IPS',
    );
  });
});

it('a server that answers a WebSocket handshake as any other request, and hangs up, ends no load', async () => {
  const server = net.createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx'));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const run = await project(`
    const answer = ws.connect('ws://127.0.0.1:${(server.address() as AddressInfo).port}/', {}, () => undefined);
    if (answer?.status !== 200 || answer.error !== 'websocket: bad handshake') throw new Error(JSON.stringify(answer));
    http.get(plan.apiUrl + '/health');`);
  const { url } = await target();
  expect(recordOf(await run(['--iterations', '3', '--base-url', url])).total.requests).toBe(3);
});
