/** The end-of-test summary: the script's handleSummary, or the text for the terminal. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ScriptError } from '../contracts/vu.ts';
import type { MetricsEngine } from '../metrics/index.ts';
import type { RuntimeConfig } from '../options/types.ts';
import { forScript, type SummaryInput, summaryData, summarySections } from '../summary/data.ts';
import { renderTextSummary } from '../summary/text/index.ts';
import type { LoadedTest } from './load-test.ts';
import type { EngineLog, RunStreams } from './types.ts';

export interface SummaryRequest {
  readonly test: LoadedTest;
  readonly metrics: MetricsEngine;
  readonly runtime: RuntimeConfig;
  readonly streams: RunStreams;
  readonly durationMs: number;
  /** JSON text of what setup returned. */
  readonly setupData: string | undefined;
  readonly log: EngineLog;
}

/** A summary that cannot be made or written is told in the log; it never spoils the run. */
export async function reportSummary(request: SummaryRequest): Promise<void> {
  const { runtime, streams, test } = request;
  if (runtime.noSummary || runtime.summaryMode === 'disabled') return;
  const input = summaryInput(request);
  const data = summaryData(input);
  const own = test.factory.exports.has('handleSummary')
    ? await handleSummary(request, JSON.stringify(forScript(data)))
    : undefined;
  const texts: Record<string, string> = own ?? {
    stdout: renderTextSummary(data, {
      mode: runtime.summaryMode,
      colors: !runtime.noColor && streams.stdout.isTTY,
      sections: runtime.summaryMode === 'full' ? summarySections(input) : [],
    }),
  };
  for (const [target, text] of Object.entries(texts)) await write(target, text, streams, request.log);
}

function summaryInput({ test, metrics, runtime, streams, durationMs, setupData }: SummaryRequest): SummaryInput {
  const { options } = test;
  return {
    series: metrics.series(),
    checks: metrics.local.checks,
    thresholds: metrics.thresholds(),
    trendStats: options.summaryTrendStats,
    timeUnit: options.summaryTimeUnit,
    noColor: runtime.noColor,
    isStdOutTTY: streams.stdout.isTTY,
    isStdErrTTY: streams.stderr.isTTY,
    durationMs,
    ...(setupData === undefined ? {} : { setupData: JSON.parse(setupData) as unknown }),
  };
}

/** @returns text by target, undefined when the script's function failed */
async function handleSummary({ test, log }: SummaryRequest, data: string): Promise<Record<string, string> | undefined> {
  const stage = await test.factory.stage();
  try {
    const result = await stage.run('handleSummary', data, test.options.handleSummaryTimeout);
    const parsed: unknown = result === undefined ? {} : JSON.parse(result);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      log('error', 'handleSummary() should return a map with string keys');
      return undefined;
    }
    return Object.fromEntries(
      Object.entries(parsed).flatMap(([target, text]) => {
        if (typeof text === 'string') return [[target, text]];
        log('error', `handleSummary() returned something other than a string for ${JSON.stringify(target)}`);
        return [];
      }),
    );
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    log('error', error.message);
    return undefined;
  } finally {
    stage.dispose();
  }
}

async function write(target: string, text: string, streams: RunStreams, log: EngineLog): Promise<void> {
  if (target === 'stdout' || target === 'stderr') {
    await new Promise<void>((resolve) => streams[target].write(text, () => resolve()));
    return;
  }
  try {
    await mkdir(path.dirname(path.resolve(target)), { recursive: true });
    await writeFile(target, text);
  } catch (error) {
    log(
      'error',
      `could not write the summary to '${target}': ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
