/** The files that a run is rendered into; every one is a function of the stored record. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BaselineComparison } from '../analysis/compare/types.ts';
import type { RunRecord } from '../results/record.ts';
import { guardWrite, runFiles } from '../results/store.ts';
import { renderHtml } from './html/index.ts';
import { renderJUnit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';

export const reportFormats = {
  html: { file: runFiles.html, render: renderHtml },
  junit: { file: runFiles.junit, render: renderJUnit },
  markdown: { file: runFiles.markdown, render: renderMarkdown },
} as const satisfies Record<
  string,
  { file: string; render: (record: RunRecord, comparison?: BaselineComparison) => string }
>;

export type ReportFormat = keyof typeof reportFormats;

/** Writes the reports into `dir` and returns their paths. */
export async function writeReports(
  dir: string,
  record: RunRecord,
  comparison: BaselineComparison | undefined,
  formats: readonly ReportFormat[] = Object.keys(reportFormats) as ReportFormat[],
): Promise<string[]> {
  return Promise.all(
    formats.map(async (format) => {
      const { file, render } = reportFormats[format];
      const target = path.join(dir, file);
      await guardWrite(target, () => writeFile(target, render(record, comparison)));
      return target;
    }),
  );
}
