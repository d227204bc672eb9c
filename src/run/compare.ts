/** Stored runs as candidates, and the comparison that a run's folder keeps. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compareWithBaseline, type Candidate } from '../analysis/compare/release.ts';
import {
  baselineComparisonSchema,
  COMPARISON_SCHEMA_VERSION,
  type BaselineComparison,
} from '../analysis/compare/types.ts';
import type { Plan } from '../config/plan.ts';
import { readBaseline, storedDigest } from '../results/baselines.ts';
import type { RunRecord } from '../results/record.ts';
import { loadSeries, readIfThere, runFiles } from '../results/store.ts';

/** @param dir the run's folder, final or still open */
export async function candidateOf(record: RunRecord, dir: string): Promise<Candidate> {
  return { stored: storedDigest(record, await loadSeries(dir)), verdict: record.verdict };
}

/** Compares with the stored baseline of the plan and writes comparison.json; undefined when the plan wants none. */
export async function compareRun(
  plan: Plan,
  candidates: readonly Candidate[],
  dir: string,
): Promise<BaselineComparison | undefined> {
  if (!plan.compare) return undefined;
  const baseline = await readBaseline(plan.resultsDir, plan.env, plan.profile);
  const { minEffect, minEffectMs } = plan.comparison;
  const comparison = compareWithBaseline(baseline, candidates, { minEffect, minEffectMs });
  await writeFile(path.join(dir, runFiles.comparison), `${JSON.stringify(comparison, undefined, 2)}\n`);
  return comparison;
}

/** The comparison that was made when the run ended; undefined when there was none. */
export const loadComparison = (dir: string): Promise<BaselineComparison | undefined> =>
  readIfThere(path.join(dir, runFiles.comparison), COMPARISON_SCHEMA_VERSION, baselineComparisonSchema);
