/** `gravl-load capacity` */
import path from 'node:path';
import { defaultSearch } from '../analysis/capacity/search.ts';
import { option, readOptionsOrThrow } from '../config/options.ts';
import { runOptions } from '../config/run-options.ts';
import * as value from '../config/values.ts';
import { renderCapacityText } from '../report/capacity/markdown.ts';
import { searchCapacity } from '../run/capacity.ts';
import type { CommandSpec } from './command.ts';
import { listenForSignals } from './signals.ts';

const { env, scenario, engine, baseUrl, metricsUrl, results, tokenFile, yes, strict } = runOptions;
const { limits } = defaultSearch;

const options = {
  env,
  baseUrl,
  metricsUrl,
  scenario: { ...scenario, fallbackText: 'health,exercises: one request an iteration; all in a project without them' },
  engine,
  startRate: number('--start-rate <n>', 'requests a second of the first step', defaultSearch.startRate),
  maxRate: number('--max-rate <n>', 'never send more requests a second than this', defaultSearch.maxRate),
  step: option({
    flags: '--step <time>',
    help: 'duration of a step; one that has not settled is made again, twice as long',
    schema: value.duration,
    fallback: 15_000,
    fallbackText: '15s',
  }),
  p95: number('--p95 <ms>', 'limit of p95 that a rate must hold', limits.p95),
  p99: number('--p99 <ms>', 'limit of p99 that a rate must hold', limits.p99),
  errorRate: option({
    flags: '--error-rate <share>',
    help: 'share of failed requests that a rate must stay below',
    schema: value.fraction,
    fallback: limits.errorRate,
    fallbackText: String(limits.errorRate),
  }),
  expect: option<number | undefined>({
    flags: '--expect <n>',
    help: 'expected peak in requests a second; exit code 99 when the target holds less',
    schema: value.positive,
    fallback: undefined,
  }),
  tokenFile,
  results,
  strict: { ...strict, help: 'exit code 4 when it stays open whether --expect is held' },
  yes,
  json: option({ flags: '--json', help: 'print one JSON document', schema: value.flag, fallback: false }),
};

export const capacityCommand: CommandSpec = {
  usage: 'capacity',
  summary: 'find the highest rate of requests the target holds, in steps, never beyond --max-rate',
  options,
  examples: [
    ['gravl-load capacity', 'of the stand-in target'],
    ['gravl-load capacity --env staging --expect 200', 'is there headroom over 200 requests a second'],
    ['gravl-load capacity --base-url http://localhost:3000 --max-rate 500 --json', 'for a machine to read'],
  ],
  async run({ flags }, { env: variables, cwd, stdout, stderr }) {
    const values = readOptionsOrThrow(options, { flags, env: variables });
    const passedOn = ['env', 'baseUrl', 'metricsUrl', 'scenario', 'engine', 'tokenFile', 'results', 'yes'];
    const signals = listenForSignals(stderr);
    try {
      const { report, dir, gone } = await searchCapacity(
        {
          flags: Object.fromEntries(Object.entries(flags).filter(([key]) => passedOn.includes(key))),
          env: variables,
          cwd,
          search: {
            ...defaultSearch,
            startRate: Math.min(values.startRate, values.maxRate),
            maxRate: values.maxRate,
            limits: { p95: values.p95, p99: values.p99, errorRate: values.errorRate },
          },
          stepSeconds: Math.max(5, Math.round(values.step / 1000)),
          expect: values.expect,
          say: (text) => void stderr.write(`${text}\n`),
        },
        { env: variables, stop: signals.stop, force: signals.force },
      );
      const shown = path.relative(cwd, dir);
      if (values.json) stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
      else stdout.write(`${renderCapacityText(report)}\nResults   ${shown.startsWith('..') ? dir : shown}\n`);
      if (signals.stop.aborted) return signals.stop.reason === 'SIGTERM' ? 143 : 130;
      // What was found is told; the error says what happened to the target.
      if (gone !== undefined) throw gone;
      if (report.expected?.enough === false) return 99;
      return values.strict && report.expected?.enough === null ? 4 : 0;
    } finally {
      signals.dispose();
    }
  },
};

function number(flags: string, help: string, fallback: number): ReturnType<typeof option<number>> {
  return option({ flags, help, schema: value.positive, fallback, fallbackText: String(fallback) });
}
