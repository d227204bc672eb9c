/** The k6 of this machine: K6_BIN (a command, with arguments if need be), or `k6` on the PATH. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { LoadError } from '../errors.ts';
import { JsonOutputReader } from './json-output.ts';
import { runK6 } from './k6-run.ts';
import { probeCommand, versionIn } from './process.ts';
import type { Runner } from './types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The command that is k6 here; undefined when there is none. */
export function findK6(env: Environment): readonly [string, ...string[]] | undefined {
  const own = env['K6_BIN']?.trim();
  if (own !== undefined && own !== '') {
    // A path may have blanks in it; only what is no file is taken apart.
    const words = isExecutable(own) ? [own] : own.split(/\s+/);
    const [file = own, ...args] = words;
    return [file, ...args];
  }
  const found = (env['PATH'] ?? '')
    .split(path.delimiter)
    .map((dir) => path.join(dir, 'k6'))
    .find(isExecutable);
  return found === undefined ? undefined : [found];
}

/** @throws LoadError engine.missing */
export function k6Runner(env: Environment): Runner {
  const command = findK6(env);
  if (command === undefined) {
    throw new LoadError('engine.missing', 'k6 was not found: K6_BIN is not set and there is no k6 on the PATH', {
      hint: 'Install k6 (https://grafana.com/docs/k6/latest/set-up/install-k6/), or run with --engine embedded.',
    });
  }
  const [file, ...prefix] = command;
  const version = async (): Promise<string | null> => versionIn(await probeCommand(file, [...prefix, 'version']));
  return {
    name: 'k6',
    version,
    run: async (request) =>
      runK6(
        request,
        { name: 'k6', version: await version() },
        new JsonOutputReader(request.measurement),
        { script: request.script, workDir: request.workDir },
        (args) => ({ file, args: [...prefix, ...args] }),
      ),
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
