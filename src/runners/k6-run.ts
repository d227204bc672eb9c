/** One run of anything that behaves like `k6 run`: the arguments, the output we read while it runs, the summary. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ScriptPlan } from '../suite/script-plan.ts';
import type { SummaryData } from '../suite/summary/index.ts';
import { followLines } from './follow.ts';
import { planVariables } from './plan-variables.ts';
import { runProcess, type Command } from './process.ts';
import type { RunOutcome, RunRequest } from './types.ts';

const summaryFile = 'summary.json';

/** Paths as the engine sees them. */
export interface EnginePaths {
  readonly script: string;
  readonly workDir: string;
}

/** An output of the engine that is read while the engine writes it. */
export interface OutputReader {
  /** Name of the output: `--out name=FILE`. */
  readonly output: 'json' | 'record';
  line(text: string): void;
  /** What was read besides the measurement, at the end. */
  result(): Pick<RunOutcome, 'samples' | 'generator' | 'missing'>;
}

/**
 * @param reader takes the lines of its output; secrets are taken out of them before
 * @param paths how the engine sees our files
 * @param command makes the process from the arguments of `k6`, and from the names of the variables it gets besides
 */
export async function runK6(
  request: RunRequest,
  engine: RunOutcome['engine'],
  reader: OutputReader,
  paths: EnginePaths,
  command: (args: readonly string[], hidden: readonly string[]) => Command,
): Promise<RunOutcome> {
  const outputFile = `${reader.output}.out`;
  const hidden = hiddenVariables(request, paths);
  const args = k6Arguments(request, paths, { name: reader.output, file: outputFile });
  const running = runProcess({ ...command(args, Object.keys(hidden)), env: hidden }, request);
  const [{ exitCode, errors }] = await Promise.all([
    running,
    followLines(path.join(request.workDir, outputFile), running, (line) => reader.line(line)),
  ]);
  return {
    engine,
    exitCode,
    summary: await readSummary(path.join(request.workDir, summaryFile)),
    ...reader.result(),
    errors,
  };
}

function k6Arguments(request: RunRequest, paths: EnginePaths, output: { name: string; file: string }): string[] {
  const inEngine = (file: string): string => path.posix.join(paths.workDir, file);
  return [
    'run',
    '--no-usage-report',
    '--quiet',
    '--no-color',
    '--out',
    `${output.name}=${inEngine(output.file)}`,
    // Else the variables below would not reach the script.
    '--include-system-env-vars=true',
    ...Object.entries(request.variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
    paths.script,
  ];
}

/** Command lines can be read by everyone on the machine; the plan's addresses may have credentials in them. */
function hiddenVariables({ scriptPlan, secrets }: RunRequest, paths: EnginePaths): Record<string, string> {
  const plan: ScriptPlan = { ...scriptPlan, summaryFile: path.posix.join(paths.workDir, summaryFile) };
  return { ...secrets, ...planVariables(plan) };
}

async function readSummary(file: string): Promise<SummaryData | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as SummaryData;
  } catch {
    // The engine died before its summary, or in the middle of it: the run has none.
    return undefined;
  }
}
