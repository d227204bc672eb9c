/** Runs a script's text through the VU factory, with the real loader, workers and metrics. */
import { RunCounters } from '../../../src/engine/execution/counters.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { VuFactoryInput } from '../../../src/engine/contracts/vu.ts';
import type { IterationOutcome, ScenarioContext, Vu, VuFactory } from '../../../src/engine/contracts/vu.ts';
import { ThreadMetrics } from '../../../src/engine/metrics/thread.ts';
import { consolidate } from '../../../src/engine/options/consolidate.ts';
import { layerFromJson } from '../../../src/engine/options/layers.ts';
import { loadScript } from '../../../src/engine/script/index.ts';
import { createVuFactory } from '../../../src/engine/vu/index.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>> | undefined;
}

export interface Sample {
  readonly name: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ScriptRun {
  readonly factory: VuFactory;
  readonly logs: readonly LogLine[];
  readonly samples: readonly Sample[];
  readonly dir: string;
  /** What the script printed. */
  console(): string[];
  vu(id?: number): Promise<Vu>;
  dispose(): Promise<void>;
}

export async function openScript(
  source: string,
  {
    strategy = 'exact',
    ...overrides
  }: Partial<Pick<VuFactoryInput, 'callHandlers' | 'env' | 'strategy' | 'lendAfter'>> = {},
): Promise<ScriptRun> {
  const dir = await mkdtemp(path.join(tmpdir(), 'vu-'));
  await writeFile(path.join(dir, 'script.js'), source);
  const logs: LogLine[] = [];
  const samples: Sample[] = [];
  try {
    const program = await loadScript('script.js', { cwd: dir, cacheDir: false, strategy });
    const factory = await createVuFactory({
      program,
      strategy,
      env: {},
      callHandlers: { 'exec.options': () => ({ ok: true, value: { vus: 1 } }) },
      inspectOnly: false,
      log: (level, message, fields) => logs.push({ level, message, fields }),
      ...overrides,
    });
    const { layer } = layerFromJson(factory.options);
    const { options } = consolidate([['script', layer]], factory.exports);
    const metrics = new ThreadMetrics(
      { selectors: [], sections: false, wantedTags: undefined, streamed: undefined },
      (batch) => {
        for (let i = 0; i < batch.length; i++) {
          const tags = Object.fromEntries(batch.tags[i]?.entries() ?? []);
          samples.push({ name: batch.metrics[i]?.name ?? '', value: batch.values[i] ?? NaN, tags });
        }
      },
    );
    factory.configure(options, metrics, RunCounters.forScenarios(1).memory);
    const vus: Vu[] = [];
    return {
      factory,
      logs,
      get samples() {
        metrics.flush();
        return samples;
      },
      dir,
      console: () => logs.filter(({ fields }) => fields?.['source'] === 'console').map(({ message }) => message),
      async vu(id = 1) {
        const vu = await factory.create(id, id);
        vus.push(vu);
        return vu;
      },
      async dispose() {
        for (const vu of vus) vu.dispose();
        await factory.dispose();
        await rm(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

export function scenario(overrides: Partial<ScenarioContext> = {}): ScenarioContext {
  let next = 0;
  return {
    name: 'default',
    executor: 'shared-iterations',
    exec: 'default',
    env: {},
    tags: {},
    startTime: 0,
    progress: () => 0.5,
    nextIteration: () => ({ inInstance: next, inTest: next++ }),
    ...overrides,
  };
}

export function iterate(vu: Vu, context: ScenarioContext = scenario()): Promise<IterationOutcome> {
  return new Promise((resolve) => {
    vu.runIteration(context, resolve);
  });
}
