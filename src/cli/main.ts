/** The bin `gravl-load`. */
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { suiteVersion } from '../config/package.ts';
import { Redactor, secretsIn } from '../config/secrets.ts';
import { LoadError, messageOf } from '../errors.ts';
import { register } from './command.ts';
import { commands } from './commands.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { stdout, stderr } = process;
  let exitCode = 0;
  const program = new Command('gravl-load')
    .description('Load testing and release readiness for Gravl.')
    .version(suiteVersion, '-V, --version')
    .helpCommand('help [command]', 'show the help of a command')
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(text) })
    .exitOverride();
  register(program, commands, { env: process.env, cwd: process.cwd(), stdout, stderr }, (code) => (exitCode = code));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return report(error, argv.includes('--debug'));
  }
}

function report(error: unknown, debug: boolean): number {
  const redactor = new Redactor(secretsIn(process.env));
  const stderr = { write: (text: string) => process.stderr.write(redactor.text(text)) };
  if (!(error instanceof LoadError)) {
    stderr.write(
      `${pc.red('error')}: ${messageOf(error)}\nThis is a bug in gravl-load. --debug shows where; please report it.\n`,
    );
    if (debug && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
    return 1;
  }
  stderr.write(`${pc.red('error')}: ${error.message}\n`);
  for (const problem of error.problems) stderr.write(`  - ${problem}\n`);
  stderr.write(`${pc.dim(error.hint)}\n`);
  if (debug) stderr.write(`${error.stack ?? ''}\n`);
  return error.exitCode;
}
