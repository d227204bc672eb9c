/** `gravl-load run` */
import path from 'node:path';
import { makePlan, type Plan } from '../config/plan.ts';
import { runOptions } from '../config/run-options.ts';
import { renderPlanLine } from '../report/terminal/plan.ts';
import { startProgress } from '../report/terminal/progress.ts';
import { renderVerdict } from '../report/terminal/verdict.ts';
import { readBaseline, saveBaseline } from '../results/baselines.ts';
import { loadSeries } from '../results/store.ts';
import { printablePlan } from '../run/build-record.ts';
import { execute, type FinishedRun, type RunObserver } from '../run/execute.ts';
import type { CommandContext, CommandSpec } from './command.ts';
import { listenForSignals } from './signals.ts';

export const runCommand: CommandSpec = {
  usage: 'run',
  summary: 'send load, judge it, store it',
  options: runOptions,
  examples: [
    ['gravl-load run', 'the baseline profile against the stand-in target'],
    ['gravl-load run --env staging --profile smoke', 'ten seconds against staging'],
    ['gravl-load run --base-url http://localhost:3000 --rate 50 --duration 1m', '50 iterations a second'],
    ['gravl-load run --scenario journey --vus 5 --engine docker', 'one scenario, by grafana/k6 in a container'],
    ['gravl-load run --env production --yes --save-baseline', 'a new baseline of production'],
  ],
  async run({ flags }, context) {
    const plan = await makePlan({ flags, env: context.env, cwd: context.cwd });
    if (plan.dryRun) {
      context.stdout.write(`${JSON.stringify(printablePlan(plan), undefined, 2)}\n`);
      return 0;
    }
    const signals = listenForSignals(context.stderr);
    try {
      const controls = { env: context.env, stop: signals.stop, force: signals.force };
      return await conclude(plan, await execute(plan, controls, observer(plan, context)), context);
    } catch (error) {
      if (!signals.stop.aborted) throw error;
      return signals.stop.reason === 'SIGTERM' ? 143 : 130;
    } finally {
      signals.dispose();
    }
  },
};

/** Stores, says and returns what came out. */
async function conclude(plan: Plan, run: FinishedRun, context: CommandContext): Promise<number> {
  const { record, dir } = run;
  const saved = plan.saveBaseline && record.verdict.state === 'PASS';
  const notCompared = await whyNotCompared(plan);
  if (saved) await saveBaseline(plan.resultsDir, record, await loadSeries(dir));
  if (plan.output.json) {
    context.stdout.write(`${JSON.stringify({ dir, ...record }, undefined, 2)}\n`);
    return record.exitCode;
  }
  const shownDir = path.relative(context.cwd, dir);
  const shown = shownDir.startsWith('..') ? dir : shownDir;
  context.stdout.write(
    `${renderVerdict(record, { dir: shown, notCompared, savedBaseline: saved, engineErrors: run.errors })}\n`,
  );
  if (plan.saveBaseline && !saved) {
    context.stderr.write(`Not saved as a baseline: the verdict is ${record.verdict.state}.\n`);
  }
  return record.exitCode;
}

async function whyNotCompared(plan: Plan): Promise<string> {
  if (!plan.compare) return '--no-compare';
  const baseline = await readBaseline(plan.resultsDir, plan.env, plan.profile);
  return baseline === undefined
    ? `there is no baseline of ${plan.env}/${plan.profile} yet`
    : `this version stores baselines but has no comparison (${baseline.runs.length} runs are stored)`;
}

/** Everything about the course of a run goes to standard error; standard output is for the result. */
function observer(plan: Plan, { stderr }: CommandContext): RunObserver {
  const { json, quiet, debug } = plan.output;
  const silent = json || quiet;
  let stopProgress: (() => void) | undefined;
  return {
    onStart(info) {
      if (silent) return;
      stderr.write(`${renderPlanLine(info)}\n`);
      // The engine's own lines and a line that redraws itself do not mix.
      if (!debug)
        stopProgress = startProgress({ measurement: info.measurement, durationMs: plan.durationMs, stream: stderr });
    },
    onEnd() {
      stopProgress?.();
    },
    onNotice(text) {
      if (!silent) stderr.write(`${text}\n`);
    },
    onDebug(line) {
      if (debug) stderr.write(`${line}\n`);
    },
  };
}
