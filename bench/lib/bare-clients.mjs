// What sockets alone cost, by the language of the client: the floor for us on Node, for k6 on Go where Go is installed, and for
// anything on this kernel where there is a C compiler.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installed } from './peers.mjs';
import { run } from './process.mjs';

const source = (name) => fileURLToPath(new URL(name, import.meta.url));

async function build(compiler, name) {
  const dir = mkdtempSync(path.join(tmpdir(), 'gravl-bench-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const binary = path.join(dir, 'bare-client');
  const { code, stderr } = await run([...compiler, '-o', binary, source(name)]);
  if (code !== 0) throw new Error(`${compiler.join(' ')} ${name}: ${stderr}`);
  return binary;
}

/**
 * The programs that are to be had here.
 * @returns {Promise<Record<string, (url: string, rate: number, seconds: number) => string[]>>} commands, by what they are
 */
export async function bareClients() {
  const client =
    (program, ...last) =>
    (url, rate, seconds) => [...program, url, String(rate), String(seconds), ...last];
  const clients = { Node: client([process.execPath, source('bare-client.mjs')]) };
  if (installed('go')) clients['Go (net/http)'] = client([await build(['go', 'build'], 'bare-client.go')]);
  if (installed('cc')) {
    const binary = await build(['cc', '-O2'], 'bare-client.c');
    clients['C (epoll)'] = client([binary]);
    clients['C (epoll), starts by the millisecond'] = client([binary], '1');
  }
  return clients;
}
