/** `gravl-load report` */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { option } from '../config/options.ts';
import * as value from '../config/values.ts';
import { LoadError } from '../errors.ts';
import { reportFormats, usualFormats, writeReports, writeSideBySide, type ReportFormat } from '../report/index.ts';
import { renderPng } from '../report/png.ts';
import { renderRows } from '../report/terminal/rows.ts';
import { guardWrite, listRuns, loadRun } from '../results/store.ts';
import { loadComparison } from '../run/compare.ts';
import { recoverRuns, sayRecovered } from '../run/recover.ts';
import { command } from './command.ts';

const formats = Object.keys(reportFormats) as ReportFormat[];

export const reportCommand = command({
  usage: 'report [runs...]',
  summary: 'render a stored run (the latest by default) again, or several side by side',
  options: {
    format: option<ReportFormat[]>({
      flags: '--format <names>',
      help: `formats, with commas: ${formats.join(', ')}`,
      schema: value.names.pipe(z.array(z.enum(formats, `must be of ${formats.join(', ')}`))),
      fallback: [...usualFormats],
      fallbackText: usualFormats.join(','),
    }),
    results: option({
      flags: '--results <dir>',
      help: 'folder of runs and baselines',
      schema: value.text,
      fallback: 'results',
    }),
    output: option<string | undefined>({
      flags: '--output <dir>',
      help: 'where to write',
      schema: value.text,
      fallback: undefined,
      fallbackText: "the run's folder",
    }),
    png: option({
      flags: '--png',
      help: 'the report as a picture, too (needs Chromium on the PATH)',
      schema: value.flag,
      fallback: false,
    }),
    partial: option({
      flags: '--partial',
      help: 'make records of runs whose process was killed, marked as interrupted',
      schema: value.flag,
      fallback: false,
    }),
    list: option({ flags: '--list', help: 'list the stored runs', schema: value.flag, fallback: false }),
  },
  examples: [
    ['gravl-load report', 'the latest run, in every format'],
    ['gravl-load report 1a2b3c --format markdown --output .', 'one run, for a pull request'],
    ['gravl-load report 1a2b3c 4d5e6f --output .', 'two runs side by side, in one page'],
    ['gravl-load report --png', 'a picture for a chat'],
    ['gravl-load report --partial', 'what a killed run had measured'],
    ['gravl-load report --list', 'which runs are stored'],
  ],
  async run(values, refs, { cwd, env, stdout }) {
    const dir = path.resolve(cwd, values.results);
    if (values.partial) return recoverAll(dir, stdout);
    if (values.list) {
      const rows = (await listRuns(dir)).map(({ env, id }) => [env, id]);
      stdout.write(
        rows.length === 0 ? 'No runs yet: gravl-load run makes one.\n' : renderRows(['environment', 'run'], rows),
      );
      return 0;
    }
    const [first, ...others] = await Promise.all(
      (refs.length === 0 ? ['latest'] : refs).map((ref) => loadRun(dir, ref)),
    );
    if (first === undefined) throw new Error('unreachable: no run and no error');
    const target = values.output === undefined ? first.dir : path.resolve(cwd, values.output);
    if (values.output !== undefined) await guardWrite(target, () => mkdir(target, { recursive: true }));
    const files =
      others.length > 0
        ? [await writeSideBySide(target, [first, ...others])]
        : await writeReports(target, first.record, await loadComparison(first.dir), values.format, first.dir);
    const page = files.find((file) => file.endsWith('.html'));
    if (values.png) {
      if (page === undefined)
        throw new LoadError('usage.invalid', '--png is a picture of the HTML report: add it to --format');
      const picture = page.replace(/html$/, 'png');
      await renderPng(page, picture, env);
      files.push(picture);
    }
    for (const file of files) stdout.write(`${file}\n`);
    return 0;
  },
});

async function recoverAll(dir: string, stdout: NodeJS.WriteStream): Promise<number> {
  const found = await recoverRuns(dir);
  const unreadable = found.flatMap((run) => (run.state === 'unreadable' ? [sayRecovered(run) ?? ''] : []));
  for (const run of found) {
    if (run.state === 'recovered') stdout.write(`${sayRecovered(run) ?? ''}\n${run.dir}\n`);
    if (run.state === 'running') stdout.write(`Still going on: ${run.env}/${run.id}\n`);
    if (run.state === 'empty') stdout.write(`Removed: ${run.env}/${run.id} was killed before anything was measured\n`);
  }
  if (found.length === 0) stdout.write('No interrupted runs.\n');
  if (unreadable.length === 0) return 0;
  throw new LoadError('results.damaged', 'runs cannot be recovered; they were left as they are', {
    problems: unreadable,
  });
}
