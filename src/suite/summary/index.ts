/** The module `k6-summary`: scripts import it under that name, bundles carry it. */
import type { SummaryData } from './data.ts';

export { allChecks, type SummaryCheck, type SummaryData, type SummaryGroup, type SummaryMetric } from './data.ts';
export { escapeXml, jUnit, type JUnitOptions } from './junit.ts';
export { textSummary, type TextOptions } from './text.ts';

/** The exporter: what `gravl-load` reads from any engine to make the run record. */
export function runSummary(data: SummaryData): string {
  return JSON.stringify(data);
}
