/** `gravl-k6 archive`: a script with everything it needs in one file. */
import path from 'node:path';
import { ExitCode } from '../../contracts/errors.ts';
import { loadForInspection } from '../../execution/load-test.ts';
import { ENGINE_K6_VERSION } from '../../options/consolidate.ts';
import { defaultCacheDir } from '../../script/index.ts';
import { loadFlags, optionFlags } from '../flag-sets.ts';
import { withLogger } from '../log/logger.ts';
import { print } from '../print.ts';
import { readScriptRequest } from '../test-request.ts';
import type { Command } from './types.ts';

const flags = () => [
  { name: 'archive-out', short: 'O', arg: 'file', help: 'archive output filename (default "archive.tar")' },
  { name: 'exclude-env-vars', help: 'do not include environment variables in the archive' },
  ...optionFlags().filter(({ short }) => short !== 'O'),
  ...loadFlags(),
];

export const archive: Command = {
  summary: 'Create an archive',
  usage: 'archive [flags] <script>',
  examples: ['gravl-k6 archive -O test.tar script.js', 'gravl-k6 run test.tar'],
  flags,
  async run(context) {
    const { request, flags: given } = await readScriptRequest(context, flags());
    return withLogger(request.runtime, async (log) => {
      const opened = new Set<string>();
      const test = await loadForInspection(request, log, opened);
      await test.factory.dispose();
      const target = path.resolve(context.cwd, given['archive-out']?.at(-1) ?? 'archive.tar');
      const { writeArchive } = await import('../../script/archive.ts');
      await writeArchive(
        target,
        {
          program: test.program,
          ...(typeof request.script === 'string' ? {} : { entryText: request.script.stdin }),
          opened: [...opened],
          options: test.json,
          env: given['exclude-env-vars'] ? {} : request.runtime.env,
          version: ENGINE_K6_VERSION,
        },
        defaultCacheDir(),
      );
      await print(context.stdout, `archive written to ${target}`);
      return ExitCode.ok;
    });
  },
};
