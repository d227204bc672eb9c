/** Divides a run between this thread and, where one is not enough, workers. */
import type { Clock } from '../executors/clock.ts';
import type { Split } from '../executors/segment.ts';
import type { MetricsEngine } from '../metrics/index.ts';
import type { RuntimeConfig } from '../options/types.ts';
import type { RunCounters } from './counters.ts';
import type { GeneratorHealth } from './generator-health.ts';
import type { LoadedTest } from './load-test.ts';
import type { RunState } from './run-state.ts';
import { scenarioTags, SegmentRun } from './segment-run.ts';
import { Timekeeper } from './timekeeper.ts';
import { chooseThreads, localThread, ThreadGroup, type WorkerEvents, WorkerThread } from './threads.ts';
import type { EngineLog } from './types.ts';
import { sharedData } from '../ops/shared-data.ts';

export interface ThreadsInput {
  readonly test: LoadedTest;
  readonly metrics: MetricsEngine;
  /** This instance's part of the test. */
  readonly instance: Split;
  readonly counters: RunCounters;
  readonly runtime: RuntimeConfig;
  readonly state: RunState;
  readonly health: GeneratorHealth;
  readonly clock: Clock;
  readonly log: EngineLog;
  readonly onCrash: WorkerEvents['onCrash'];
}

export function makeThreads(input: ThreadsInput): ThreadGroup {
  const { test, metrics, instance, counters, runtime, state, health, clock, log, onCrash } = input;
  const { options, factory } = test;
  const count = chooseThreads(options.scenarios, instance, factory.strategy.mode, runtime.threads);
  const weights = Array.from({ length: count }, () => 1);
  const splitOf = (index: number): Split => instance.divide({ weights, index });
  factory.configure(options, metrics.local, counters.memory);
  const { root } = metrics.local.tagSpace;
  const segment = new SegmentRun({
    factory,
    options,
    clock,
    keepTime: () => Timekeeper.start(),
    counters,
    instance,
    split: splitOf(0),
    onDropped: (scenario, time) =>
      metrics.emit('dropped_iterations', 1, time, scenarioTags(root, options.systemTags, scenario)),
    log,
  });
  const local = localThread(segment, {
    setSetupData: (data) => factory.setSetupData(data),
    health: () => health.read(),
    distortions: () => factory.distortions(),
  });
  const workers = weights.slice(1).map((_, worker) => {
    const number = worker + 1;
    const setup = {
      number,
      program: test.program,
      options,
      optionsJson: test.json,
      runtime: { ...runtime, env: test.env },
      plan: metrics.plan,
      counters: counters.memory,
      instance: instance.divisions,
      split: splitOf(number).divisions,
      startMemory: state.startMemory,
      rateState: test.rateState,
      sharedData: sharedData.image(),
    };
    return new WorkerThread(setup, {
      log,
      onAbort: state.onAbort,
      onFail: state.onFail,
      onReport: (delta) => metrics.merge(number, delta),
      onCrash,
    });
  });
  return new ThreadGroup([local, ...workers]);
}
