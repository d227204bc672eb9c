/** k6 in a container: `docker run grafana/k6`, with the bundle read-only and results written as the calling user. */
import path from 'node:path';
import { LoadError } from '../errors.ts';
import { JsonOutputReader } from './json-output.ts';
import { runK6 } from './k6-run.ts';
import { probeCommand, versionIn } from './process.ts';
import type { Runner } from './types.ts';

const scriptDir = '/scripts';
const workDir = '/work';

export interface DockerOptions {
  readonly image: string;
  readonly network: string;
}

export function dockerRunner(options: DockerOptions): Runner {
  const version = async (): Promise<string | null> => {
    try {
      return versionIn(await probeCommand('docker', ['run', '--rm', options.image, 'version'], 300_000));
    } catch (error) {
      throw new LoadError('engine.missing', `docker cannot run ${options.image}: ${String(error)}`, {
        hint: 'Is Docker installed and its daemon running? docker run --rm hello-world',
        cause: error,
      });
    }
  };
  return {
    name: 'docker',
    version,
    run: async (request) =>
      runK6(
        request,
        { name: 'docker', version: await version() },
        new JsonOutputReader(request.measurement),
        { script: path.posix.join(scriptDir, path.basename(request.script)), workDir },
        (args, hidden) => ({ file: 'docker', args: [...dockerArguments(options, request, hidden), ...args] }),
      ),
  };
}

function dockerArguments(
  options: DockerOptions,
  request: { script: string; workDir: string },
  hidden: readonly string[],
): string[] {
  const user = process.getuid === undefined ? [] : ['--user', `${process.getuid()}:${process.getgid?.() ?? 0}`];
  return [
    'run',
    '--rm',
    ...user,
    '--network',
    options.network,
    // By name only: docker takes the values from its own environment.
    ...hidden.flatMap((name) => ['--env', name]),
    '--volume',
    `${path.dirname(request.script)}:${scriptDir}:ro`,
    '--volume',
    `${request.workDir}:${workDir}`,
    options.image,
  ];
}
