/** `gravl-load report` */
import path from 'node:path';
import { z } from 'zod';
import { option } from '../config/options.ts';
import * as value from '../config/values.ts';
import { reportFormats, writeReports, type ReportFormat } from '../report/index.ts';
import { renderRows } from '../report/terminal/rows.ts';
import { listRuns, loadRun } from '../results/store.ts';
import { loadComparison } from '../run/compare.ts';
import { command } from './command.ts';

const formats = Object.keys(reportFormats) as ReportFormat[];

export const reportCommand = command({
  usage: 'report [run]',
  summary: 'render a stored run (the latest by default) again',
  options: {
    format: option<ReportFormat[]>({
      flags: '--format <names>',
      help: `formats, with commas: ${formats.join(', ')}`,
      schema: value.names.pipe(z.array(z.enum(formats, `must be of ${formats.join(', ')}`))),
      fallback: formats,
      fallbackText: 'all',
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
    list: option({ flags: '--list', help: 'list the stored runs', schema: value.flag, fallback: false }),
  },
  examples: [
    ['gravl-load report', 'the latest run, in every format'],
    ['gravl-load report 1a2b3c --format markdown --output .', 'one run, for a pull request'],
    ['gravl-load report --list', 'which runs are stored'],
  ],
  async run(values, [ref = 'latest'], { cwd, stdout }) {
    const dir = path.resolve(cwd, values.results);
    if (values.list) {
      const rows = (await listRuns(dir)).map(({ env, id }) => [env, id]);
      stdout.write(
        rows.length === 0 ? 'No runs yet: gravl-load run makes one.\n' : renderRows(['environment', 'run'], rows),
      );
      return 0;
    }
    const run = await loadRun(dir, ref);
    const target = values.output === undefined ? run.dir : path.resolve(cwd, values.output);
    const comparison = await loadComparison(run.dir);
    for (const file of await writeReports(target, run.record, comparison, values.format, run.dir))
      stdout.write(`${file}\n`);
    return 0;
  },
});
