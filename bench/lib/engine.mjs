// The engines under measurement: ours, and k6 when K6_BIN names it. Both are called the same way.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.mjs';

const bench = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

export const engines = {
  ours: process.env.GRAVL_K6_BIN?.split(' ') ?? [process.execPath, path.join(bench, '..', 'bin', 'gravl-k6.js')],
  k6: process.env.K6_BIN?.split(' '),
};

/** Runs one of `bench/scripts` and parses what its handleSummary printed. */
export async function runScript(engine, script, { flags = [], env = {}, cpus, timeoutSeconds } = {}) {
  const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  const command = [
    ...engine,
    'run',
    '--quiet',
    '--no-usage-report',
    ...flags,
    ...variables,
    path.join(bench, 'scripts', script),
  ];
  const result = await run(command, { cpus, timeoutSeconds });
  const line = /^RESULT (.*)$/m.exec(result.stdout)?.[1];
  if (result.code !== 0)
    throw new Error(`${command.join(' ')} ended with ${result.code}\n${result.stderr.slice(-2000)}`);
  return { ...result, result: line === undefined ? undefined : JSON.parse(line) };
}
