// Other load generators, for scale: autocannon (pinned here), wrk when it is installed.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.mjs';

const autocannonBin = path.join(
  path.dirname(path.dirname(fileURLToPath(import.meta.url))),
  'node_modules',
  'autocannon',
  'autocannon.js',
);

export const hasWrk = existsSync('/usr/bin/wrk') || existsSync('/usr/local/bin/wrk');
export const hasAutocannon = existsSync(autocannonBin);

/** Requests per second with 10 connections. */
export async function wrk(url, seconds, cpus) {
  const { stdout } = await run(['wrk', '-t1', '-c10', `-d${seconds}s`, url], { cpus });
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

export async function autocannon(url, seconds, cpus) {
  const { stdout } = await run([process.execPath, autocannonBin, '-j', '-c', '10', '-d', String(seconds), url], {
    cpus,
  });
  return JSON.parse(stdout).requests.average;
}
