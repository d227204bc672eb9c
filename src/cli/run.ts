/** `gravl-load run` */
import path from 'node:path';
import { comparisonExitCode } from '../analysis/compare/release.ts';
import { makePlan, type Plan } from '../config/plan.ts';
import { runOptions } from '../config/run-options.ts';
import type { LiveView } from '../report/live/server.ts';
import { renderPlanLine } from '../report/terminal/plan.ts';
import { startProgress } from '../report/terminal/progress.ts';
import { renderVerdict } from '../report/terminal/verdict.ts';
import { saveBaseline } from '../results/baselines.ts';
import { loadSeries, runFiles } from '../results/store.ts';
import { printablePlan } from '../run/build-record.ts';
import { operatorManifests } from '../run/operator-manifests.ts';
import { execute, type FinishedRun, type RunObserver } from '../run/execute.ts';
import { lockFile, lockHolder } from '../run/lock.ts';
import { repeatRuns } from '../run/repeat.ts';
import type { CommandContext, CommandSpec } from './command.ts';
import { tellGitHub } from './github.ts';
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
    [
      'gravl-load run --env staging --engine operator --parallelism 4 --context staging',
      'distributed, by the k6-operator',
    ],
    ['gravl-load run --env production --yes --save-baseline', 'a new baseline of production'],
    ['gravl-load run --env staging --repeat 3 --strict', 'three runs as one candidate; inconclusive is exit code 4'],
  ],
  async run({ flags }, context) {
    const plan = await makePlan({ flags, env: context.env, cwd: context.cwd });
    if (plan.dryRun && plan.engine === 'operator') {
      context.stdout.write(await operatorManifests(plan));
      return 0;
    }
    if (plan.dryRun) {
      context.stdout.write(`${JSON.stringify({ ...printablePlan(plan), lock: lockOf(plan) }, undefined, 2)}\n`);
      return 0;
    }
    const live = await startLiveView(plan, context);
    const signals = listenForSignals(context.stderr);
    try {
      const controls = { env: context.env, stop: signals.stop, force: signals.force };
      const watcher = observer(plan, context, live);
      const runs = await repeatRuns(plan, (earlier) => execute(plan, controls, watcher, earlier));
      const exitCode = await conclude(plan, runs, context);
      const report = path.join(runs.at(-1)?.dir ?? '', runFiles.html);
      await live?.report(report, signals.stop.aborted ? signals.force : signals.stop);
      return exitCode;
    } catch (error) {
      if (!signals.stop.aborted) throw error;
      return signals.stop.reason === 'SIGTERM' ? 143 : 130;
    } finally {
      await live?.close();
      signals.dispose();
    }
  },
};

/** The lock that the run would take, and whose it is now; null for a stand-in target of its own. */
function lockOf({ target: { baseUrl } }: Plan): unknown {
  return baseUrl === null ? null : { file: lockFile(baseUrl), heldBy: lockHolder(baseUrl) ?? null };
}

async function startLiveView({ output }: Plan, { stderr }: CommandContext): Promise<LiveView | undefined> {
  if (output.uiPort === null) return undefined;
  const { LiveView: View } = await import('../report/live/server.ts');
  const view = await View.start(output.uiPort, (text) => stderr.write(`${text}\n`));
  stderr.write(`Live view: ${view.url}\n`);
  return view;
}

/** Says, keeps and returns what came out; of several runs the last one carries the comparison of all. */
async function conclude(plan: Plan, runs: readonly FinishedRun[], context: CommandContext): Promise<number> {
  const last = runs.at(-1);
  if (last === undefined) throw new Error('unreachable: no run and no error');
  const { record, dir, comparison } = last;
  const worse = comparison?.report?.outcome === 'worse';
  const accepted = worse ? [] : runs.filter((run) => run.record.verdict.state === 'PASS');
  if (plan.saveBaseline) {
    for (const run of accepted) await saveBaseline(plan.resultsDir, run.record, await loadSeries(run.dir));
  }
  const saved = plan.saveBaseline && accepted.length > 0;
  if (plan.output.json) {
    context.stdout.write(`${JSON.stringify({ dir, comparison: comparison ?? null, ...record }, undefined, 2)}\n`);
  } else {
    const shownDir = path.relative(context.cwd, dir);
    const shown = shownDir.startsWith('..') ? dir : shownDir;
    const usual = path.join(context.cwd, 'results');
    const text = renderVerdict(record, {
      dir: shown,
      results: plan.resultsDir === usual ? undefined : shown.split(path.sep).slice(0, -3).join(path.sep),
      columns: context.stdout.columns,
      comparison,
      savedBaseline: saved,
      engineErrors: last.errors,
    });
    context.stdout.write(`${text}\n`);
  }
  await tellGitHub(record, dir, comparison, plan.projectDir, context);
  if (plan.saveBaseline && !saved) {
    const why = worse ? 'it is worse than the baseline' : `the verdict is ${record.verdict.state}`;
    context.stderr.write(`Not saved as a baseline: ${why}.\n`);
  }
  const failed = runs.find((run) => run.record.exitCode !== 0);
  if (failed !== undefined) return failed.record.exitCode;
  const { strict } = plan.comparison;
  // Also without a comparison: a gate must not take for a pass what says nothing.
  if (strict && runs.some((run) => run.record.verdict.state === 'INVALID')) return 4;
  return comparison === undefined ? 0 : comparisonExitCode(comparison, strict);
}

/** Everything about the course of a run goes to standard error; standard output is for the result. */
function observer(plan: Plan, { stderr }: CommandContext, live: LiveView | undefined): RunObserver {
  const { json, quiet, debug } = plan.output;
  const silent = json || quiet;
  let run = 0;
  let stopProgress: (() => void) | undefined;
  return {
    onStart(info) {
      live?.begin(info);
      if (silent) return;
      stderr.write(`${renderPlanLine({ ...info, run: ++run }, stderr.columns)}\n`);
      // The engine's own lines and a line that redraws itself do not mix.
      if (!debug)
        stopProgress = startProgress({
          measurement: info.measurement,
          durationMs: plan.durationMs,
          thresholds: info.thresholds,
          stream: stderr,
        });
    },
    onLines(lines) {
      live?.lines(lines);
    },
    onEnd() {
      live?.end();
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
