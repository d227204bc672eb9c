// The HTTP client alone, without script and scheduler.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { readArguments } from '../../../scripts/lib/arguments.mjs';
import { run } from '../../lib/process.mjs';
import { jsonServer } from '../../lib/servers.mjs';

const help = `node bench/micro/http/run.mjs [options]
  the HTTP client alone against a local server
  --vus N, --seconds N, --runs N    10, 3, 5
  --client-cpu N, --server-cpu N    the processors of both: 0, 1
  --profile DIR                     writes a .cpuprofile of the client there`;
const { values } = readArguments(help, {
  vus: { type: 'string', default: '10', number: true },
  seconds: { type: 'string', default: '3', number: true },
  runs: { type: 'string', default: '5', number: true },
  'client-cpu': { type: 'string', default: '0' },
  'server-cpu': { type: 'string', default: '1' },
  profile: { type: 'string' },
});
const here = path.dirname(fileURLToPath(import.meta.url));
const dir = mkdtempSync(path.join(tmpdir(), 'gravl-micro-'));
const client = path.join(dir, 'client.mjs');
await build({
  entryPoints: [path.join(here, 'client.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  external: ['@hpcc-js/wasm-zstd', 'hdr-histogram-js'],
  outfile: client,
  logLevel: 'warning',
});
const server = await jsonServer(values['server-cpu']);
try {
  const flags = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
  const rates = [];
  for (let i = 0; i < values.runs; i++) {
    const command = [process.execPath, ...flags, client, server.url, String(values.vus), String(values.seconds)];
    const { stdout, stderr } = await run(command, { cpus: values['client-cpu'] });
    if (stderr !== '') console.error(stderr);
    const result = JSON.parse(stdout);
    rates.push(result.perSecond);
    console.log(JSON.stringify(result));
  }
  rates.sort((a, b) => a - b);
  console.log(
    `${server.name}, ${values.vus} VUs: ${rates[0]} / ${rates[rates.length >> 1]} / ${rates.at(-1)} req/s (least, median, most)`,
  );
} finally {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
}
