/** Entry of an engine thread: its own VUs and metrics, a part of the load; the main thread merges once a second. */
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { systemClock } from '../executors/clock.ts';
import { makeSplit } from '../executors/segment.ts';
import { ThreadMetrics, transferables } from '../metrics/index.ts';
import { secrets } from '../ops/secrets.ts';
import { sharedData } from '../ops/shared-data.ts';
import { createVuFactory } from '../vu/index.ts';
import { executionCallHandlers } from './call-ops.ts';
import { RunCounters } from './counters.ts';
import { GeneratorHealth } from './generator-health.ts';
import { RunState } from './run-state.ts';
import { scenarioTags, SegmentRun } from './segment-run.ts';
import { Timekeeper } from './timekeeper.ts';
import type { FromThread, ThreadSetup, ToThread } from './threads.ts';
import type { EngineLog } from './types.ts';

const REPORT_INTERVAL = 1000;

async function main(setup: ThreadSetup, port: NonNullable<typeof parentPort>): Promise<void> {
  const { options, runtime } = setup;
  const post = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const log: EngineLog = (...args) => post({ type: 'log', args });
  const counters = new RunCounters(setup.counters);
  const state = new RunState(
    systemClock,
    (message) => post({ type: 'abort', message }),
    (message) => post({ type: 'fail', message }),
    setup.startMemory,
  );
  state.counters = counters;
  state.optionsJson = setup.optionsJson;
  sharedData.adopt(setup.sharedData);
  secrets.configure(runtime.secretSources, process.cwd(), process.env);
  const factory = await createVuFactory({
    program: setup.program,
    strategy: runtime.strategy,
    allowRead: runtime.allowRead,
    env: runtime.env,
    callHandlers: executionCallHandlers(state),
    inspectOnly: false,
    rateState: setup.rateState,
    log,
  });
  const metrics = new ThreadMetrics(setup.plan);
  factory.configure(options, metrics, counters.memory);
  const segment = new SegmentRun({
    factory,
    options,
    clock: systemClock,
    keepTime: () => Timekeeper.start(),
    counters,
    instance: makeSplit(setup.instance),
    split: makeSplit(setup.split),
    log,
    onDropped(scenario, time) {
      const tags = scenarioTags(metrics.tagSpace.root, options.systemTags, scenario);
      metrics.add(metrics.registry.builtin('dropped_iterations'), 1, tags, time);
    },
  });
  const health = new GeneratorHealth();
  const report = (): void => {
    const delta = metrics.drain();
    const message = {
      type: 'report',
      delta,
      status: segment.status(),
      health: health.read(),
      distortions: factory.distortions(),
    } as const;
    post(message, transferables(delta));
  };
  const handlers: { readonly [T in ToThread['type']]: (message: Extract<ToThread, { type: T }>) => Promise<void> } = {
    async init() {
      await segment.init();
      post({ type: 'ready' });
    },
    async run({ setupData, startAt }) {
      factory.setSetupData(setupData);
      health.start();
      const reporter = setInterval(report, REPORT_INTERVAL);
      await segment.run(startAt - performance.timeOrigin);
      clearInterval(reporter);
      health.stop();
      report();
      post({ type: 'done' });
    },
    stop({ reason }) {
      segment.stop(reason);
      return Promise.resolve();
    },
    async dispose() {
      await segment.dispose();
      await factory.dispose();
      secrets.close();
      // Connections that closed meanwhile still counted their bytes.
      report();
      post({ type: 'disposed' });
    },
  };
  port.on('message', (message: ToThread) => {
    const handle = handlers[message.type] as (message: ToThread) => Promise<void>;
    handle(message).catch((error: unknown) => post(failure(error)));
  });
}

function failure(error: unknown): FromThread {
  return {
    type: 'failed',
    message: error instanceof Error ? error.message : String(error),
    exitCode: error instanceof EngineError ? error.exitCode : ExitCode.panic,
  };
}

if (parentPort) {
  const port = parentPort;
  main(workerData as ThreadSetup, port).catch((error: unknown) => port.postMessage(failure(error)));
}
