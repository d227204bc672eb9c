// Other load generators, for scale: autocannon (pinned here); wrk, oha and hey when they are installed.
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

export const installed = (name) =>
  (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, name)));

const perSecond = (pattern) => (stdout) => Number(pattern.exec(stdout)?.[1]);

/** How each is called with 10 connections, and where its answer says requests a second. */
const all = {
  wrk: {
    there: installed('wrk'),
    command: (url, seconds) => ['wrk', '-t1', '-c10', `-d${seconds}s`, url],
    rate: perSecond(/Requests\/sec:\s+([\d.]+)/),
  },
  autocannon: {
    there: existsSync(autocannonBin),
    command: (url, seconds) => [process.execPath, autocannonBin, '-j', '-c', '10', '-d', String(seconds), url],
    rate: (stdout) => JSON.parse(stdout).requests.average,
  },
  oha: {
    there: installed('oha'),
    command: (url, seconds) => ['oha', '--no-tui', '-c', '10', '-z', `${seconds}s`, url],
    rate: perSecond(/Requests\/sec:\s+([\d.]+)/),
  },
  hey: {
    there: installed('hey'),
    command: (url, seconds) => ['hey', '-c', '10', '-z', `${seconds}s`, url],
    rate: perSecond(/Requests\/sec:\s+([\d.]+)/),
  },
};

/** Names of those that are here. */
export const peers = Object.keys(all).filter((name) => all[name].there);

/** Requests a second of a peer, and the processor time they took, in milliseconds per 1,000. */
export async function peerRate(name, url, seconds, cpus) {
  const { command, rate } = all[name];
  const { stdout, cpuSeconds } = await run(command(url, seconds), { cpus });
  const found = rate(stdout);
  if (!(found > 0)) throw new Error(`${name} did not say how many requests it made:\n${stdout.slice(0, 500)}`);
  return { rate: found, cpuMs: (1e6 * cpuSeconds) / (found * seconds) };
}
