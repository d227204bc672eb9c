/** The files that a run is rendered into; every one is a function of the stored record. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BaselineComparison } from '../analysis/compare/types.ts';
import type { RunRecord } from '../results/record.ts';
import { guardWrite, runFiles } from '../results/store.ts';
import { renderHtml } from './html/index.ts';
import { renderJUnit } from './junit.ts';
import { loadReportData } from './load-data.ts';
import { renderMarkdown } from './markdown.ts';

type Render = (record: RunRecord, comparison: BaselineComparison | undefined, dir: string) => string | Promise<string>;

export const reportFormats = {
  html: {
    file: runFiles.html,
    render: async (record, comparison, dir) => renderHtml(await loadReportData(record, dir, comparison)),
  },
  junit: { file: runFiles.junit, render: (record, comparison) => renderJUnit(record, comparison) },
  markdown: { file: runFiles.markdown, render: (record, comparison) => renderMarkdown(record, comparison) },
} as const satisfies Record<string, { file: string; render: Render }>;

export type ReportFormat = keyof typeof reportFormats;

/**
 * Writes the reports into `dir` and returns their paths.
 * @param runDir the run's folder, when the reports go elsewhere
 */
export async function writeReports(
  dir: string,
  record: RunRecord,
  comparison: BaselineComparison | undefined,
  formats: readonly ReportFormat[] = Object.keys(reportFormats) as ReportFormat[],
  runDir: string = dir,
): Promise<string[]> {
  return Promise.all(
    formats.map(async (format) => {
      const { file, render }: { file: string; render: Render } = reportFormats[format];
      const target = path.join(dir, file);
      const text = await render(record, comparison, runDir);
      await guardWrite(target, () => writeFile(target, text));
      return target;
    }),
  );
}
