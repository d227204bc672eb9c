/**
 * The pool of real runs: the command against the stand-in target, unchanged, slower, failing. Every run is kept in a file
 * as soon as it is made, so that a study may be stopped, gone on with, and worked out anew.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { digestRun, type RunDigest } from '../../src/results/digest.ts';
import { loadRunFolder, loadSeries } from '../../src/results/store.ts';
import { watchMachine } from '../../src/run/machine-load.ts';

/** Five times the rate of the baseline profile, which makes about 20 requests a second. */
export const poolRate = 100;

export const kinds = {
  unchanged: ['--latency', '20ms'],
  '+20 %': ['--latency', '24ms'],
  '+10 %': ['--latency', '22ms'],
  'errors 1 %': ['--latency', '20ms', '--error-rate', '0.01'],
} as const;
export type Kind = keyof typeof kinds;

export interface PoolRun {
  readonly kind: Kind;
  readonly seconds: number;
  /** Undefined when the run was INVALID. */
  readonly digest?: RunDigest | undefined;
  readonly why?: string | undefined;
  /** One-minute load average of the machine when the run ended. */
  readonly load: number;
}

export interface PoolSize {
  readonly unchanged: number;
  /** Of each other kind. */
  readonly changed: number;
  readonly seconds: number;
  /** Runs made side by side, each with a target of its own. */
  readonly lanes: number;
  /** A run waits until other programs use less than this share of the machine. */
  readonly quiet: number;
  /** Makes no further run after so many minutes. */
  readonly minutes: number;
}

/** Makes what is missing of the pool, in turns, so that what drifts on the machine meets all kinds alike. */
export async function fillPool(file: string, size: PoolSize, say: (value: unknown) => void): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const results = await mkdtemp(path.join(os.tmpdir(), 'verdict-study-'));
  const begun = (await readPool(file)).map(({ kind }) => kind);
  const until = performance.now() + 60_000 * size.minutes;
  const nextKind = (): Kind | undefined => {
    const share = (kind: Kind): number =>
      begun.filter((name) => name === kind).length / (kind === 'unchanged' ? size.unchanged : size.changed);
    const [next] = (Object.keys(kinds) as Kind[]).sort((a, b) => share(a) - share(b));
    return next === undefined || share(next) >= 1 ? undefined : next;
  };
  const lane = async (): Promise<void> => {
    for (;;) {
      while (performance.now() < until && (await othersNow()) > size.quiet);
      const kind = nextKind();
      if (kind === undefined || performance.now() >= until) return;
      begun.push(kind);
      const run = await oneRun(kind, size.seconds, results, begun.length);
      await appendFile(file, `${JSON.stringify(run)}\n`);
      say({ kind, valid: run.digest !== undefined, others: run.digest?.othersCpu, load: run.load, why: run.why });
    }
  };
  try {
    await Promise.all(Array.from({ length: size.lanes }, lane));
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

/** What other programs use of the machine during the next seconds. */
async function othersNow(): Promise<number> {
  const machine = await watchMachine();
  await delay(3000);
  return (await machine.othersShare()) ?? 0;
}

/** Empty when there is none yet. */
export async function readPool(file: string): Promise<PoolRun[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PoolRun);
}

/** @param seed of the target: no two runs meet the same service times */
async function oneRun(kind: Kind, seconds: number, results: string, seed: number): Promise<PoolRun> {
  const machine = await watchMachine();
  const server = start([
    'target',
    '--port',
    '0',
    '--metrics-port',
    '0',
    '--json',
    '--seed',
    String(seed),
    ...kinds[kind],
  ]);
  try {
    const { url } = JSON.parse(await firstLine(server)) as { url: string };
    const load = ['--scenario', 'health,exercises', '--rate', String(poolRate), '--duration', `${seconds}s`];
    const run = start([
      'run',
      ...['--base-url', url, '--engine', 'embedded', '--no-compare', '--json', '--results', results],
      ...load,
    ]);
    const { dir, verdict } = JSON.parse(await output(run)) as {
      dir: string;
      verdict: { state: string; reasons: string[] };
    };
    const made = { kind, seconds, load: Number((os.loadavg()[0] ?? 0).toFixed(1)) };
    if (verdict.state === 'INVALID') return { ...made, why: verdict.reasons.join('; ') };
    const digest = digestRun((await loadRunFolder(dir)).record, await loadSeries(dir));
    return { ...made, digest: { ...digest, othersCpu: await machine.othersShare() } };
  } finally {
    server.kill('SIGTERM');
  }
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['bin/gravl-load.js', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const kill = (): void => void child.kill('SIGTERM');
  // A study that is stopped leaves no target behind.
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  return child;
}

/** @throws Error when it ends without a line */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.split('\n')[0] ?? '');
    });
    child.once('close', () => reject(new Error('it ended without a word')));
  });
}

async function output(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await new Promise((resolve) => child.once('close', resolve));
  return text;
}
