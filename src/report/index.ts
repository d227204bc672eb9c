/** The files that a run is rendered into; every one is a function of the stored record. */
import path from 'node:path';
import type { BaselineComparison } from '../analysis/compare/types.ts';
import type { RunRecord } from '../results/record.ts';
import { guardWrite, runFiles, writeWhole } from '../results/store.ts';
import { renderCsv, renderJson } from './data-formats.ts';
import { renderHtml } from './html/index.ts';
import { renderJUnit } from './junit.ts';
import { loadReportData, loadSideBySide } from './load-data.ts';
import { renderMarkdown } from './markdown.ts';

type Render = (record: RunRecord, comparison: BaselineComparison | undefined, dir: string) => string | Promise<string>;

export const reportFormats = {
  html: {
    file: runFiles.html,
    render: async (record, comparison, dir) => renderHtml(await loadReportData(record, dir, comparison)),
  },
  junit: { file: runFiles.junit, render: (record, comparison) => renderJUnit(record, comparison) },
  markdown: { file: runFiles.markdown, render: (record, comparison) => renderMarkdown(record, comparison) },
  json: { file: 'report.json', render: (record, comparison) => renderJson(record, comparison) },
  csv: { file: 'report.csv', render: (record) => renderCsv(record) },
} as const satisfies Record<string, { file: string; render: Render }>;

export type ReportFormat = keyof typeof reportFormats;

/** What every run leaves in its folder; the others are made when asked for. */
export const usualFormats: readonly ReportFormat[] = ['html', 'junit', 'markdown'];

/** Writes one page with several runs side by side and returns its path. */
export async function writeSideBySide(dir: string, runs: Parameters<typeof loadSideBySide>[0]): Promise<string> {
  const target = path.join(dir, 'side-by-side.html');
  const text = renderHtml(await loadSideBySide(runs));
  await guardWrite(target, () => writeWhole(target, text));
  return target;
}

/**
 * Writes the reports into `dir` and returns their paths.
 * @param runDir the run's folder, when the reports go elsewhere
 */
export async function writeReports(
  dir: string,
  record: RunRecord,
  comparison: BaselineComparison | undefined,
  formats: readonly ReportFormat[] = usualFormats,
  runDir: string = dir,
): Promise<string[]> {
  return Promise.all(
    formats.map(async (format) => {
      const { file, render }: { file: string; render: Render } = reportFormats[format];
      const target = path.join(dir, file);
      const text = await render(record, comparison, runDir);
      await guardWrite(target, () => writeWhole(target, text));
      return target;
    }),
  );
}
