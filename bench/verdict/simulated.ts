/** False alarms, power and "same" on simulated runs. */
import { compareRuns } from '../../src/analysis/compare/compare.ts';
import type { Outcome } from '../../src/analysis/compare/types.ts';
import { gravlWorld, simulateRun, type Change, type World } from './simulate.ts';

export interface StudyRow {
  readonly name: string;
  readonly baseline: number;
  readonly candidate: number;
  readonly comparisons: number;
  readonly outcomes: Readonly<Record<Outcome, number>> & { readonly 'not comparable'?: number };
  /** What is counted as right, and the share that has to be reached (or not exceeded). */
  readonly counted: Outcome;
  readonly target: string;
}

/** Five times the rate of the baseline profile, thirty seconds. */
const release: World = {
  ...gravlWorld,
  drift: 0.02,
  windowNoise: 0.03,
};

/** A steady target whose times have one mode: what is left is mostly chance within the run. */
const steady: World = {
  ...gravlWorld,
  endpoints: gravlWorld.endpoints.map(({ name, rate }) => ({ name, rate, median: 20, sigma: 0.3 })),
  drift: 0.01,
  windowNoise: 0.01,
};

interface Study {
  readonly name: string;
  readonly world: World;
  readonly baseline: number;
  readonly candidate: number;
  readonly change?: Change;
  readonly counted: Outcome;
  readonly target: string;
  /** Of the comparisons that were asked for. */
  readonly share?: number;
}

const studies: readonly Study[] = [
  { name: 'A/A, drift 5 %', world: gravlWorld, baseline: 5, candidate: 3, counted: 'worse', target: '≤ 2 %' },
  { name: 'A/A, drift 5 %, one run', world: gravlWorld, baseline: 5, candidate: 1, counted: 'worse', target: '≤ 2 %' },
  { name: 'A/A, drift 2 %', world: release, baseline: 5, candidate: 3, counted: 'worse', target: '≤ 2 %' },
  {
    name: 'unchanged, one mode, drift 1 %',
    world: steady,
    baseline: 5,
    candidate: 3,
    counted: 'same',
    target: '≥ 80 %',
    share: 0.2,
  },
  {
    name: '+10 % latency, one mode, drift 1 %',
    world: steady,
    baseline: 5,
    candidate: 3,
    change: { latency: 1.1 },
    counted: 'same',
    target: '≤ 5 %',
    share: 0.2,
  },
  {
    name: '+20 % latency, drift 2 %',
    world: release,
    baseline: 5,
    candidate: 3,
    change: { latency: 1.2 },
    counted: 'worse',
    target: '≥ 95 %',
    share: 0.2,
  },
  {
    name: '+10 % latency, drift 2 %',
    world: release,
    baseline: 10,
    candidate: 5,
    change: { latency: 1.1 },
    counted: 'worse',
    target: '≥ 80 %',
    share: 0.2,
  },
  {
    name: '+20 % latency, drift 5 %',
    world: gravlWorld,
    baseline: 5,
    candidate: 3,
    change: { latency: 1.2 },
    counted: 'worse',
    target: 'told',
    share: 0.2,
  },
  {
    name: 'errors 0 → 1 %',
    world: release,
    baseline: 5,
    candidate: 3,
    change: { errorRate: 0.01 },
    counted: 'worse',
    target: '≥ 95 %',
    share: 0.2,
  },
];

/** @param comparisons of each A/A study; the others make a fifth of them */
export function simulatedStudies(comparisons: number, say: (row: StudyRow) => void): StudyRow[] {
  let seed = 1;
  return studies.map(({ world, change = {}, share = 1, ...study }) => {
    const outcomes: Record<Outcome, number> = { better: 0, same: 0, worse: 0, inconclusive: 0 };
    const count = Math.max(10, Math.round(comparisons * share));
    for (let i = 0; i < count; i++) {
      const runs = (n: number, difference: Change) =>
        Array.from({ length: n }, () => simulateRun(world, seed++, difference));
      outcomes[compareRuns(runs(study.baseline, {}), runs(study.candidate, change)).outcome]++;
    }
    const row = { ...study, comparisons: count, outcomes };
    say(row);
    return row;
  });
}
