export { renderLegacySummary } from './legacy.ts';
export type { LegacyOptions } from './legacy.ts';
export { renderTextSummary } from './render.ts';
export type { TextSummaryOptions } from './render.ts';
export type {
  SummaryCheck,
  SummaryData,
  SummaryGroup,
  SummaryMetric,
  SummarySection,
  SummaryThreshold,
} from './types.ts';
