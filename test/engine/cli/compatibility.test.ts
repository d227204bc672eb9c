/** docs/engine-flags.md is what the tables of commands, flags, options and outputs say (npm run docs writes it). */
import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/engine/cli/commands/index.ts';
import { runFlags } from '../../../src/engine/cli/flag-sets.ts';
import { features } from '../../../src/engine/options/features.ts';
import { runtimeTable, type RuntimeSpec } from '../../../src/engine/options/runtime.ts';
import { type FlagSpec, optionTable, type OptionSpec } from '../../../src/engine/options/table.ts';
import { executorFields } from '../../../src/engine/options/scenario-fields.ts';
import { OUTPUTS } from '../../../src/engine/outputs/index.ts';

/**
 * What k6 2.2's documentation lists for `k6 run` (options reference, feature flags) besides flags for cloud runs.
 * The code has to know every one of them.
 */
const K6_FLAGS = `
  address batch batch-per-host blacklist-ip block-hostnames compatibility-mode config console-output
  discard-response-bodies dns duration env execution-segment execution-segment-sequence features help http-debug
  include-system-env-vars insecure-skip-tls-verify iterations linger local-ips log-format log-output max-redirects
  min-iteration-duration new-machine-readable-summary no-color no-connection-reuse no-setup no-teardown no-thresholds
  no-usage-report no-vu-connection-reuse out paused profiling-enabled quiet rps secret-source stage summary-export
  summary-mode summary-time-unit summary-trend-stats system-tags tag throw traces-output type user-agent verbose vus`
  .trim()
  .split(/\s+/);

const K6_SHORT = Array.from('acdefhilopqstuvw');

type Named = readonly [key: string, spec: OptionSpec<unknown> | RuntimeSpec<unknown>];
const options = Object.entries(optionTable) as Named[];
const runtime = Object.entries(runtimeTable) as Named[];

const ours = (spec: object): boolean => 'ours' in spec;
const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``);

function flagText(flag: FlagSpec | undefined): string {
  if (!flag) return '';
  return [flag.short && code(`-${flag.short}`), code(`--${flag.name}`)].filter(Boolean).join(', ');
}

function state(spec: OptionSpec<unknown> | RuntimeSpec<unknown>): string {
  if (ours(spec)) return 'gravl-k6 only';
  return spec.differs === undefined ? 'works' : `differs: ${spec.differs}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function render(): string {
  return `<!-- prettier-ignore-start -->
# Flags, options and outputs of gravl-k6

Written from the code by \`npm run docs\`; a test holds it to the tables. "works" means: as k6 2.2 documents it.
Options are taken from defaults < config file < script < environment < flags.

## Options of a test

${table(
  ['option', 'environment', 'flag', 'state'],
  options.map(([key, spec]) => [
    'runOnly' in spec ? `${code(key)} (not in scripts)` : code(key),
    code(spec.env),
    flagText(spec.flag),
    state(spec),
  ]),
)}

## How a test is loaded, watched and reported

${table(
  ['flag', 'environment', 'commands', 'state'],
  runtime.map(([, spec]) => [
    flagText(spec.flag),
    code(spec.env),
    { global: 'all', load: 'run, inspect, archive', run: 'run' }[(spec as RuntimeSpec<unknown>).scope],
    state(spec),
  ]),
)}

## Executors

${Object.entries(executorFields)
  .map(([name, fields]) => `- ${code(name)}: ${Object.keys(fields).map(code).join(', ')}`)
  .join('\n')}

All take \`startTime\`, \`gracefulStop\`, \`exec\`, \`env\`, \`tags\`. \`externally-controlled\` is gone, as in k6 2.

## Feature flags

${Object.entries(features)
  .map(([name, { description }]) => `- ${code(name)}: ${description}`)
  .join('\n')}

## Outputs

${Object.keys(OUTPUTS).map(code).join(', ')}; all others are refused with the list of those there are.

## Commands

${table(
  ['command', 'does'],
  Object.entries(commands).map(([name, { summary }]) => [code(name), summary]),
)}

\`cloud\`, \`login\` and \`x\` are refused with one line; \`pause\`, \`resume\`, \`scale\` and \`status\` are gone, as in k6 2.
<!-- prettier-ignore-end -->
`;
}

describe('flags', () => {
  const known = new Map(runFlags().map((flag) => [flag.name, flag]));

  it('are all there that k6 documents, and any more are ours by name', () => {
    expect(K6_FLAGS.filter((name) => !known.has(name))).toEqual([]);
    const own = runtime.filter(([, spec]) => ours(spec)).map(([, spec]) => spec.flag?.name ?? '');
    expect([...known.keys()].sort()).toEqual([...K6_FLAGS, ...own].sort());
  });

  it('have the short names k6 documents', () => {
    const short = [...known.values()].flatMap((flag) => flag.short ?? []);
    expect(short.sort()).toEqual(K6_SHORT);
  });

  it('and options are listed in the documentation as the code has them', async () => {
    await expect(render()).toMatchFileSnapshot('../../../docs/engine-flags.md');
  });
});
