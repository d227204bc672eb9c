import { ENGINE_K6_VERSION } from '../../options/consolidate.ts';
import { packageVersion } from '../package-version.ts';
import { print } from '../print.ts';
import type { Command } from './types.ts';

export const version: Command = {
  summary: 'Show the version',
  usage: 'version [--json]',
  flags: () => [{ name: 'json', help: 'print as JSON' }],
  async run({ args, stdout }) {
    const own = packageVersion();
    const text = args.includes('--json')
      ? JSON.stringify({ version: own, k6: ENGINE_K6_VERSION, node: process.version })
      : `gravl-k6 v${own} (k6 v${ENGINE_K6_VERSION} compatible, node ${process.version}, ${process.platform}/${process.arch})`;
    await print(stdout, text);
    return 0;
  },
};
