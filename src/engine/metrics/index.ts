export type { Series } from './aggregator.ts';
export type { SampleBatch } from './batch.ts';
export { crossedMessage, MetricsEngine } from './engine.ts';
export type { MetricsEngineOptions, SampleConsumer } from './engine.ts';
export { ThreadMetrics, transferables } from './thread.ts';
export type { MetricsPlan, ThreadDelta } from './thread.ts';
export type { Evaluation, ThresholdState } from './thresholds/thresholds.ts';
