/**
 * Real runs of the command against the stand-in target: unchanged ones (A/A and "same"), and ones that the target makes
 * slower or failing (power). Sets of runs are drawn at random from those that were made, which is said with the figures.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { compareRuns } from '../../src/analysis/compare/compare.ts';
import type { Outcome } from '../../src/analysis/compare/types.ts';
import { randomIndex, seededRandom } from '../../src/analysis/stats/random.ts';
import { digestRun, type RunDigest } from '../../src/results/digest.ts';
import { loadRunFolder, loadSeries } from '../../src/results/store.ts';
import type { StudyRow } from './simulated.ts';

/** The baseline profile makes about 20 requests a second. */
const rate = 100;
const comparisons = 100;

export interface RealStudy {
  readonly runs: number;
  readonly seconds: number;
  readonly invalid: number;
  readonly rows: StudyRow[];
}

interface Kind {
  readonly name: string;
  readonly target: readonly string[];
  /** Of the runs, how many are of this kind. */
  readonly share: number;
}

const kinds: readonly Kind[] = [
  { name: 'unchanged', target: [], share: 0.55 },
  { name: '+20 % latency', target: ['--latency', '24ms'], share: 0.15 },
  { name: '+10 % latency', target: ['--latency', '22ms'], share: 0.15 },
  { name: 'errors 1 %', target: ['--latency', '20ms', '--error-rate', '0.01'], share: 0.15 },
];

/** Makes the runs in turns, so that what drifts on the machine meets all kinds alike. */
export async function realStudy(count: number, seconds: number, say: (value: unknown) => void): Promise<RealStudy> {
  const results = await mkdtemp(path.join(os.tmpdir(), 'verdict-study-'));
  const made = new Map<string, RunDigest[]>(kinds.map(({ name }) => [name, []]));
  let invalid = 0;
  try {
    for (const { name, target } of turns(count)) {
      const run = await oneRun(target.length === 0 ? ['--latency', '20ms'] : target, seconds, results);
      if (run === undefined) invalid++;
      else made.get(name)?.push(run);
      say({ name, valid: run !== undefined });
    }
  } finally {
    await rm(results, { recursive: true, force: true });
  }
  const of = (name: string): RunDigest[] => made.get(name) ?? [];
  const same = of('unchanged');
  const rows = [
    study('A/A, one run', same, same, 5, 1, 'worse', '≤ 2 %'),
    study('A/A', same, same, 5, 3, 'worse', '≤ 2 %'),
    study('unchanged is "same"', same, same, 5, 3, 'same', '≥ 80 %'),
    study('+20 % latency', same, of('+20 % latency'), 5, 3, 'worse', '≥ 95 %'),
    study('+10 % latency', same, of('+10 % latency'), 10, 5, 'worse', '≥ 80 %'),
    study('errors 0 → 1 %', same, of('errors 1 %'), 5, 3, 'worse', '≥ 95 %'),
  ].filter((row) => row !== undefined);
  rows.forEach(say);
  return { runs: count - invalid, seconds, invalid, rows };
}

function turns(count: number): Kind[] {
  const left = kinds.map((kind) => ({ kind, owed: 0 }));
  return Array.from({ length: count }, () => {
    for (const entry of left) entry.owed += entry.kind.share;
    const next = left.reduce((most, entry) => (entry.owed > most.owed ? entry : most));
    next.owed -= 1;
    return next.kind;
  });
}

function study(
  name: string,
  before: readonly RunDigest[],
  after: readonly RunDigest[],
  baseline: number,
  candidate: number,
  counted: Outcome,
  target: string,
): StudyRow | undefined {
  const apart = before !== after;
  if (before.length < (apart ? baseline : baseline + candidate) || after.length < candidate) return undefined;
  const random = seededRandom(7);
  const outcomes: Record<Outcome, number> = { better: 0, same: 0, worse: 0, inconclusive: 0 };
  for (let i = 0; i < comparisons; i++) {
    const shuffled = shuffle(before, random);
    const candidates = apart ? shuffle(after, random) : shuffled.slice(baseline);
    outcomes[compareRuns(shuffled.slice(0, baseline), candidates.slice(0, candidate)).outcome]++;
  }
  return { name, baseline, candidate, comparisons, outcomes, counted, target };
}

function shuffle<T>(values: readonly T[], random: () => number): T[] {
  const left = [...values];
  return values.flatMap(() => left.splice(randomIndex(random, left.length), 1));
}

/** Undefined when the run is INVALID or could not be made. */
async function oneRun(target: readonly string[], seconds: number, results: string): Promise<RunDigest | undefined> {
  const server = spawn(
    process.execPath,
    ['bin/gravl-load.js', 'target', '--port', '0', '--metrics-port', '0', '--json', ...target],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const { url } = JSON.parse(String(await once(server.stdout, 'data'))) as { url: string };
    const args = ['run', '--base-url', url, '--scenario', 'health,exercises', '--rate', String(rate)];
    const run = spawn(
      process.execPath,
      [
        'bin/gravl-load.js',
        ...args,
        '--duration',
        `${seconds}s`,
        '--engine',
        'embedded',
        '--no-compare',
        '--json',
        '--results',
        results,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let text = '';
    run.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await once(run, 'close');
    const { dir, verdict } = JSON.parse(text) as { dir: string; verdict: { state: string } };
    if (verdict.state === 'INVALID') return undefined;
    return digestRun((await loadRunFolder(dir)).record, await loadSeries(dir));
  } finally {
    server.kill('SIGTERM');
  }
}

const once = (emitter: NodeJS.EventEmitter, event: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    emitter.once(event, resolve);
    emitter.once('error', reject);
  });
