/** docs/commands.md out of what the commands, the exit codes and the error registry declare. */
import { variableOf, type OptionSpec } from '../config/options.ts';
import { errorRegistry, exitCodes } from '../errors.ts';
import type { CommandSpec } from './command.ts';

export function renderReference(commands: readonly CommandSpec[]): string {
  return `${[
    '# Commands',
    '',
    'Made from the code by `npm run docs`; a test keeps the two together.',
    '',
    'An option is taken from the first of: the flag, its variable, `gravl-load.config.ts` (the nearest one in or above the',
    'current folder), the default. Options marked * cannot be set in the file.',
    '',
    ...commands.flatMap(renderCommand),
    '## Exit codes',
    '',
    '| code | meaning |',
    '| --: | --- |',
    ...Object.entries(exitCodes).map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    'When several hold, the first of: 2, 6, the engine’s own, 99, 3, 4.',
    '',
    '## Errors',
    '',
    'Every error names its cause and what to do. Match on the exit code; the codes below are stable names of the kinds.',
    '',
    '| error | exit code | meaning | what to do |',
    '| --- | --: | --- | --- |',
    ...Object.entries(errorRegistry).map(
      ([code, { exitCode, meaning, hint }]) => `| ${code} | ${exitCode} | ${cell(meaning)} | ${cell(hint)} |`,
    ),
  ].join('\n')}\n`;
}

function renderCommand({ usage, summary, options, examples }: CommandSpec): string[] {
  const rows = Object.entries(options).map(([key, spec]) => renderOption(key, spec));
  return [
    `## gravl-load ${usage}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    '',
    ...(rows.length === 0
      ? []
      : ['| option | what it does | default | variable |', '| --- | --- | --- | --- |', ...rows, '']),
    '```sh',
    ...examples.map(([line, does]) => `${line}  # ${does}`),
    '```',
    '',
  ];
}

function renderOption(key: string, spec: OptionSpec<unknown>): string {
  const { flags, help, fallback, fallbackText, variables = [], inFile } = spec;
  const shown = fallbackText ?? (typeof fallback === 'string' ? fallback : '');
  const mark = inFile === false ? ' \\*' : '';
  const names = [variableOf(key), ...variables].map((name) => `\`${name}\``).join(', ');
  return `| \`${flags}\`${mark} | ${cell(help)} | ${cell(shown)} | ${names} |`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
