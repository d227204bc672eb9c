// What sockets alone cost, by the language of the client: the floor for us on Node, and for k6 on Go where Go is installed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installed } from './peers.mjs';
import { run } from './process.mjs';

const source = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The commands, to be followed by URL, requests a second and seconds. */
export async function bareClients() {
  const clients = { Node: [process.execPath, source('bare-client.mjs')] };
  if (installed('go')) {
    const dir = mkdtempSync(path.join(tmpdir(), 'gravl-bench-'));
    process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
    const binary = path.join(dir, 'bare-client');
    const { code, stderr } = await run(['go', 'build', '-o', binary, source('bare-client.go')]);
    if (code !== 0) throw new Error(`go build: ${stderr}`);
    clients['Go (net/http)'] = [binary];
  }
  return clients;
}
