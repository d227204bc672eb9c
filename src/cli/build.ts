/** `gravl-load build` */
import path from 'node:path';
import { buildLoadTest } from '../bundle/load-test.ts';
import { buildRelease } from '../bundle/release.ts';
import { option } from '../config/options.ts';
import { findProject } from '../config/plan.ts';
import * as value from '../config/values.ts';
import { formatBytes } from '../report/format.ts';
import { command } from './command.ts';

export const buildCommand = command({
  usage: 'build',
  summary: 'bundle every scenario into a single k6 script, by webpack',
  options: {
    output: option({ flags: '--output <dir>', help: 'where the scripts go', schema: value.text, fallback: 'dist/k6' }),
  },
  examples: [
    ['gravl-load build', 'dist/k6/load.js runs every scenario, dist/k6/health.js only one, …'],
    ['k6 run -e GRAVL_API_URL=https://staging.gravl.app dist/k6/load.js', 'runs one of them'],
  ],
  async run({ output }, _, { cwd, stdout }) {
    const project = findProject(cwd);
    const scripts = await buildRelease(project, path.resolve(cwd, output));
    const loadTest = await buildLoadTest(project);
    for (const { file, bytes } of loadTest === undefined ? scripts : [...scripts, loadTest]) {
      stdout.write(`${path.relative(cwd, file)}  ${formatBytes(bytes)}\n`);
    }
    return 0;
  },
});
