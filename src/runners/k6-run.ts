/** One run of anything that behaves like `k6 run`: the arguments, the sample stream, the summary. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ScriptPlan } from '../suite/script-plan.ts';
import type { SummaryData } from '../suite/summary/index.ts';
import { followLines } from './follow.ts';
import { JsonOutputReader } from './json-output.ts';
import { runProcess, type Command } from './process.ts';
import type { RunOutcome, RunRequest } from './types.ts';

const samplesFile = 'samples.json';
const summaryFile = 'summary.json';

/** Paths as the engine sees them. */
export interface EnginePaths {
  readonly script: string;
  readonly workDir: string;
}

const notMeasured = 'k6 does not measure it';

/**
 * @param paths how the engine sees our files
 * @param command makes the process from the arguments of `k6`
 */
export async function runK6(
  request: RunRequest,
  engine: RunOutcome['engine'],
  paths: EnginePaths,
  command: (args: readonly string[]) => Command,
): Promise<RunOutcome> {
  const reader = new JsonOutputReader(request.measurement);
  const running = runProcess(command(k6Arguments(request, paths)), request);
  const [{ exitCode, errors }] = await Promise.all([
    running,
    followLines(path.join(request.workDir, samplesFile), running, (line) => reader.line(line)),
  ]);
  return {
    engine,
    exitCode,
    summary: await readSummary(path.join(request.workDir, summaryFile)),
    samples: reader.samples,
    generator: { eventLoopLagP99: null, eventLoopLagMax: null, cpu: null, lateIterations: null, distortions: null },
    missing: {
      'generator.eventLoopLagP99': notMeasured,
      'generator.eventLoopLagMax': notMeasured,
      'generator.cpu': notMeasured,
      'generator.lateIterations': notMeasured,
      'generator.distortions': notMeasured,
      'samples.body': "k6's sample stream has no bodies",
    },
    errors,
  };
}

function k6Arguments(request: RunRequest, paths: EnginePaths): string[] {
  const inEngine = (file: string): string => path.posix.join(paths.workDir, file);
  const plan: ScriptPlan = { ...request.scriptPlan, summaryFile: inEngine(summaryFile) };
  const variables = { ...request.variables, GRAVL_LOAD_PLAN: JSON.stringify(plan) };
  return [
    'run',
    '--no-usage-report',
    '--quiet',
    '--no-color',
    '--out',
    `json=${inEngine(samplesFile)}`,
    ...Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
    paths.script,
  ];
}

async function readSummary(file: string): Promise<SummaryData | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as SummaryData;
  } catch {
    // The engine died before its summary, or in the middle of it: the run has none.
    return undefined;
  }
}
