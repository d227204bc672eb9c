/** The end-of-test summary: the script's handleSummary or the text for the terminal, and the exported file. */
import { ScriptError } from '../contracts/vu.ts';
import type { MetricsEngine } from '../metrics/index.ts';
import { ENGINE_K6_VERSION } from '../options/consolidate.ts';
import type { RuntimeConfig } from '../options/types.ts';
import {
  exportSummary,
  forScript,
  machineReadableSummary,
  readSummaryFiles,
  renderTextSummary,
  type SummaryData,
  summaryData,
  type SummaryFiles,
  type SummaryInput,
  summarySections,
  writeSummaryFiles,
} from '../summary/index.ts';
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
  const { runtime, streams, test, log } = request;
  if (runtime.summaryMode === 'disabled') return;
  const input = summaryInput(request);
  const data = summaryData(input);
  const machineReadable = runtime.machineReadableSummary
    ? JSON.stringify(machineForm(request, data), null, 2)
    : undefined;
  const own = test.factory.exports.has('handleSummary')
    ? await handleSummary(request, machineReadable ?? JSON.stringify(forScript(data)))
    : undefined;
  const files = own ?? { stdout: textSummary(request, input, data) };
  const exported = runtime.summaryExport ? { [runtime.summaryExport]: machineReadable ?? exportSummary(data) } : {};
  const failures = await writeSummaryFiles(
    { ...files, ...exported },
    {
      stdout: (content) => void streams.stdout.write(content),
      stderr: (content) => void streams.stderr.write(content),
    },
  );
  for (const failure of failures) log('error', failure);
}

function textSummary({ runtime, streams }: SummaryRequest, input: SummaryInput, data: SummaryData): string {
  const full = runtime.summaryMode === 'full';
  return renderTextSummary(data, {
    mode: full ? 'full' : 'compact',
    colors: !runtime.noColor && streams.stdout.isTTY,
    sections: full ? summarySections(input) : [],
  });
}

export function summaryInput(request: Omit<SummaryRequest, 'log'>): SummaryInput {
  const { test, metrics, runtime, streams, durationMs, setupData } = request;
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

function machineForm({ test, metrics }: SummaryRequest, data: SummaryData) {
  const trends = metrics
    .series()
    .flatMap(({ name, sink }) => (sink.type === 'trend' ? [[name, sink.count] as const] : []));
  return machineReadableSummary({
    data,
    trendCounts: Object.fromEntries(trends),
    script: test.label,
    k6Version: ENGINE_K6_VERSION,
    generatedAt: new Date(),
  });
}

/** @returns undefined when the script's function failed: the default summary takes its place */
async function handleSummary({ test, log }: SummaryRequest, data: string): Promise<SummaryFiles | undefined> {
  const stage = await test.factory.stage();
  try {
    const returned = await stage.run('handleSummary', data, test.options.handleSummaryTimeout);
    const read = readSummaryFiles(returned === undefined ? undefined : (JSON.parse(returned) as unknown));
    if ('files' in read) return read.files;
    log('error', read.error);
    return undefined;
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    log('error', error.message);
    return undefined;
  } finally {
    stage.dispose();
  }
}
