/** `gravl-k6 deps`: what a script is built from. */
import { ExitCode } from '../../contracts/errors.ts';
import { loadScript } from '../../script/index.ts';
import { loadFlags } from '../flag-sets.ts';
import { withLogger } from '../log/logger.ts';
import { print } from '../print.ts';
import { readScriptRequest } from '../test-request.ts';
import type { Command } from './types.ts';

const flags = () => [{ name: 'json', help: 'print as JSON' }, ...loadFlags()];

export const deps: Command = {
  summary: 'List what a script imports',
  usage: 'deps [--json] <script>',
  examples: ['gravl-k6 deps script.js', 'gravl-k6 deps --json script.js'],
  flags,
  async run(context) {
    const { request, flags: given } = await readScriptRequest(context, flags());
    return withLogger(request.runtime, async () => {
      const { noRemote, scriptType: type } = request.runtime;
      const program = await loadScript(request.script, { cwd: context.cwd, noRemote, type });
      const modules = program.imports.map(({ specifier }) => specifier);
      const imports = [...new Set([...program.sources, ...modules])].sort();
      // A script that needs an extension does not load here, so there is never anything to build.
      const result = { buildDependencies: {}, imports, customBuildRequired: false };
      await print(context.stdout, given['json'] ? JSON.stringify(result, undefined, 2) : text(imports));
      return ExitCode.ok;
    });
  },
};

function text(imports: readonly string[]): string {
  return [
    'Build Dependencies:',
    '  (none)',
    '',
    'Imports:',
    ...imports.map((name) => `  ${name}`),
    '',
    'Custom Build Required: no',
  ].join('\n');
}
