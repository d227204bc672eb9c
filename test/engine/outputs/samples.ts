import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MetricType, ValueKind } from '../../../src/engine/contracts/metrics.ts';
import type { SampleBatch } from '../../../src/engine/metrics/batch.ts';
import { ThreadMetrics } from '../../../src/engine/metrics/thread.ts';
import type { OutputContext } from '../../../src/engine/outputs/types.ts';

export interface TestSample {
  readonly metric: string;
  readonly value: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly time?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** For metrics that are not built in. */
  readonly type?: MetricType;
  readonly contains?: ValueKind;
}

/** Feeds samples through a real thread to a consumer. */
export function feed(
  samples: readonly TestSample[],
  consume: (batch: SampleBatch) => void,
  thread?: ThreadMetrics,
): void {
  const plan = { selectors: [], sections: false, wantedTags: undefined, streamed: undefined };
  const target = thread ?? new ThreadMetrics(plan, consume);
  for (const { metric: name, value, tags = {}, time = 0, metadata, type, contains } of samples) {
    const known = target.registry.get(name);
    const metric = known ?? registered(target, name, type ?? 'counter', contains ?? 'default');
    target.add(metric, value, target.tagSpace.intern(Object.entries(tags)), time, metadata);
  }
  target.flush();
}

function registered(thread: ThreadMetrics, name: string, type: MetricType, contains: ValueKind) {
  const outcome = thread.metric(name, type, contains);
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.value;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'gravl-outputs-'));
}

/** A context whose log lines are kept. */
export function contextWith(over: Partial<OutputContext> = {}): OutputContext & { readonly logged: string[] } {
  const logged: string[] = [];
  return {
    argument: undefined,
    env: {},
    version: '1.2.3',
    systemTags: ['name', 'status', 'scenario', 'error_code', 'vu', 'iter'],
    thresholds: {},
    nativeHistograms: false,
    log: (level, message) => logged.push(`${level}: ${message}`),
    now: () => 1_700_000_000_000,
    logged,
    ...over,
  };
}

export const END = { exitCode: 0, interrupted: false, thresholds: [], checks: [], failures: [], durationMs: 2000 };
