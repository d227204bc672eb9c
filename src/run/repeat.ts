/** Several runs in a row as one candidate, and an alarm that has to be seen twice. */
import type { Plan } from '../config/plan.ts';
import type { FinishedRun } from './execute.ts';
import type { Candidate } from '../analysis/compare/release.ts';

/** Further runs that --confirm makes at most. */
const mostFurtherRuns = 3;

/**
 * Runs `--repeat` times; with --confirm on and on while the comparison is open, and once more after an alarm. A run that
 * is INVALID or could not be completed ends the row.
 * @param runOnce makes a run that is one candidate with the earlier ones
 */
export async function repeatRuns(
  { comparison: { repeat, confirm } }: Pick<Plan, 'comparison'>,
  runOnce: (earlier: readonly Candidate[]) => Promise<FinishedRun>,
): Promise<FinishedRun[]> {
  const runs: FinishedRun[] = [];
  const another = async (): Promise<FinishedRun> => {
    const run = await runOnce(runs.map(({ candidate }) => candidate));
    runs.push(run);
    return run;
  };
  const isOver = ({ record }: FinishedRun): boolean => record.interrupted || record.verdict.state === 'INVALID';

  for (let i = 0; i < repeat; i++) if (isOver(await another())) return runs;
  let confirmed = !confirm;
  for (let further = 0; !confirmed && further < mostFurtherRuns; further++) {
    const outcome = runs.at(-1)?.comparison?.report?.outcome;
    if (outcome !== 'worse' && outcome !== 'inconclusive') break;
    const run = await another();
    if (isOver(run)) break;
    confirmed = outcome === 'worse' && run.comparison?.report?.outcome === 'worse';
  }
  return runs;
}
