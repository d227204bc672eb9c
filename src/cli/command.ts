/** How a command is declared, and how commander learns of it. */
import { Option, type Command } from 'commander';
import {
  readOptionsOrThrow,
  unknownVariables,
  variableOf,
  type OptionTable,
  type OptionValues,
} from '../config/options.ts';
import { LoadError } from '../errors.ts';

export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export interface CommandSpec<T extends OptionTable = OptionTable> {
  /** `run`, or `baseline save [run]` with its arguments. */
  readonly usage: string;
  readonly summary: string;
  readonly options: T;
  /** Command line → what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /**
   * @param flags what was given on the command line, unread
   * @returns the exit code
   */
  run(input: CommandInput, context: CommandContext): Promise<number>;
}

export interface CommandInput {
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
}

/** A command whose options are read from flags and variables alone. */
export function command<T extends OptionTable>(
  spec: Omit<CommandSpec<T>, 'run'> & {
    run(values: OptionValues<T>, args: readonly string[], context: CommandContext): Promise<number>;
  },
): CommandSpec {
  return {
    ...spec,
    run: ({ args, flags }, context) =>
      spec.run(readOptionsOrThrow(spec.options, { flags, env: context.env }), args, context),
  };
}

/** Adds the commands to the program; the exit code of the one that ran goes to `finish`. */
export function register(
  program: Command,
  specs: readonly CommandSpec[],
  context: CommandContext,
  finish: (exitCode: number) => void,
): void {
  for (const spec of specs) {
    const [name = '', ...rest] = spec.usage.split(' ');
    const isGroup = rest.length > 0 && /^[a-z]/.test(rest[0] ?? '');
    const parent = isGroup ? group(program, name) : program;
    const child = parent.command((isGroup ? rest : [name, ...rest]).join(' '));
    child.summary(spec.summary).description(`${spec.summary}.`);
    for (const declared of Object.values(spec.options)) child.addOption(toOption(declared));
    child.addHelpText('after', () => helpEnd(spec));
    child.action(async (...received: unknown[]) => {
      const args = child.args;
      const [variable] = unknownVariables(
        specs.map(({ options }) => options),
        context.env,
      );
      if (variable !== undefined) throw new LoadError('usage.invalid', variable);
      finish(await spec.run({ args, flags: camelFlags(spec.options, received.at(-2)) }, context));
    });
  }
}

function group(program: Command, name: string): Command {
  return (
    program.commands.find((existing) => existing.name() === name) ??
    program.command(name).summary(groupSummaries[name] ?? '')
  );
}

const groupSummaries: Readonly<Record<string, string>> = {
  baseline: 'keep the accepted runs that later ones are compared with',
  golive: 'the go-live, step by step, each recorded and signed at the end',
  secrets: 'seal secrets, check them, and back up the sealing keys',
};

function toOption(spec: OptionTable[string]): Option {
  const fallback = spec.fallbackText ?? (typeof spec.fallback === 'string' ? spec.fallback : undefined);
  const notes = [
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
    ...(spec.variables === undefined ? [] : [`or ${spec.variables.join(', ')}`]),
  ];
  const made = new Option(spec.flags, notes.length === 0 ? spec.help : `${spec.help} (${notes.join('; ')})`);
  if (spec.repeatable === true) {
    made.argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]);
  }
  return made;
}

/** Commander's values by the keys of the table; a `--no-x` that was not given is left out. */
function camelFlags(options: OptionTable, received: unknown): Record<string, unknown> {
  const given = received as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(options).flatMap(([key, spec]) => {
      const name = new Option(spec.flags).attributeName();
      const value = given[name];
      if (value === undefined || (spec.flags.startsWith('--no-') && value === true)) return [];
      return [[key, value]];
    }),
  );
}

function helpEnd({ options, examples }: CommandSpec): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, does]) => `  ${line.padEnd(width)}  ${does}`);
  const [key] = Object.keys(options);
  const variables = key === undefined ? '' : `\nEvery option has a variable too, like ${variableOf(key)}.\n`;
  return `${variables}\nExamples:\n${lines.join('\n')}\n`;
}
