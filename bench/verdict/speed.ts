/** How long the statistics take. */
import { compareRuns } from '../../src/analysis/compare/compare.ts';
import { changePoints } from '../../src/analysis/stats/change-points.ts';
import { seededRandom } from '../../src/analysis/stats/random.ts';
import { gravlWorld, simulateRun } from './simulate.ts';

export interface SpeedRow {
  readonly name: string;
  readonly limitMs: number;
  /** Minimum, median and maximum of five. */
  readonly ms: readonly [number, number, number];
}

export function speedStudy(say: (row: SpeedRow) => void): SpeedRow[] {
  const runs = (count: number, from: number) =>
    Array.from({ length: count }, (_, i) => simulateRun(gravlWorld, from + i));
  const [baseline, candidate] = [runs(20, 1), runs(5, 100)];
  const random = seededRandom(3);
  const history = Array.from({ length: 1000 }, (_, i) => (i < 400 ? 10 : i < 700 ? 11 : 13) + random());
  return [
    timed('compare of 20 + 5 runs', 1000, () => compareRuns(baseline, candidate)),
    timed('change points in 1,000 runs', 5000, () => changePoints(history)),
  ].map((row) => {
    say(row);
    return row;
  });
}

function timed(name: string, limitMs: number, work: () => unknown): SpeedRow {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return { name, limitMs, ms: [times[0] ?? 0, times[2] ?? 0, times[4] ?? 0] };
}
