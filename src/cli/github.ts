/** In a job of GitHub Actions: annotations at the thresholds' lines, and the job's summary. */
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BaselineComparison } from '../analysis/compare/types.ts';
import { messageOf } from '../errors.ts';
import { renderAnnotations } from '../report/github.ts';
import type { RunRecord } from '../results/record.ts';
import { runFiles } from '../results/store.ts';
import type { CommandContext } from './command.ts';

/** Does nothing elsewhere; a summary that cannot be written never changes a verdict. */
export async function tellGitHub(
  record: RunRecord,
  dir: string,
  comparison: BaselineComparison | undefined,
  projectDir: string,
  { env, stderr }: CommandContext,
): Promise<void> {
  if (env['GITHUB_ACTIONS'] !== 'true') return;
  stderr.write(renderAnnotations(record, comparison, projectDir));
  const summary = env['GITHUB_STEP_SUMMARY'];
  if (summary === undefined || summary === '') return;
  try {
    await appendFile(summary, await readFile(path.join(dir, runFiles.markdown), 'utf8'));
  } catch (error) {
    stderr.write(`The job summary could not be written: ${messageOf(error)}\n`);
  }
}
