export { forScript, summaryData, summarySections } from './data.ts';
export type { SummaryInput } from './data.ts';
export { exportSummary } from './export.ts';
export { machineReadableSummary } from './machine-readable.ts';
export type { MachineReadableInput, MachineReadableSummary } from './machine-readable.ts';
export { renderTextSummary } from './text/index.ts';
export type { SummaryData, SummarySection } from './text/index.ts';
export { readSummaryFiles, writeSummaryFiles } from './write.ts';
export type { SummaryFiles, SummaryStreams } from './write.ts';
