/** Help texts, derived from the tables of commands and flags. */
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { FlagSpec } from '../options/table.ts';
import { commands } from './commands/index.ts';
import { globalFlags } from './flag-sets.ts';
import { print } from './print.ts';

/** @param name the command to explain; undefined for the list */
export async function printHelp(name: string | undefined, stdout: NodeJS.WriteStream): Promise<number> {
  const text = name === undefined ? overview() : await commandHelp(name);
  await print(stdout, text);
  return ExitCode.ok;
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    'Runs k6 scripts.',
    '',
    'Usage:',
    '  gravl-k6 [command]',
    '',
    'Commands:',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Flags:',
    ...flagLines(globalFlags()),
    '',
    'Use "gravl-k6 [command] --help" for more about a command.',
  ].join('\n');
}

async function commandHelp(name: string): Promise<string> {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) throw new EngineError(`unknown command ${JSON.stringify(name)} for "gravl-k6"`, ExitCode.generic);
  const command = await entry.load();
  const examples = command.examples ? ['', 'Examples:', ...command.examples.map((line) => `  ${line}`)] : [];
  return [
    `${command.summary}.`,
    '',
    'Usage:',
    `  gravl-k6 ${command.usage}`,
    ...examples,
    '',
    'Flags:',
    ...flagLines(command.flags()),
  ].join('\n');
}

function flagLines(flags: readonly FlagSpec[]): string[] {
  const rows = flags.map(({ name, short, arg, help }) => {
    const value = arg === undefined ? '' : ` ${arg}`;
    return [`  ${short ? `-${short}, ` : '    '}--${name}${value}`, help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, help]) => `${left.padEnd(width)}   ${help}`);
}
