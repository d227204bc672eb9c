/** Entry of the command gravl-k6. Nothing heavy here: it is on the way of every start. */
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { commands } from './commands/index.ts';
import type { CommandContext } from './commands/types.ts';
import { leanHeap } from '../execution/lean-heap.ts';

const REFUSED: Readonly<Record<string, string>> = {
  cloud: 'k6 cloud commands are not available here; run this script with k6',
  login: 'k6 login is not available here: nothing this engine does needs an account',
  x: 'k6 extensions are not available here; run this script with k6',
};

/** Commands k6 had before its version 2. */
const GONE = new Set(['pause', 'resume', 'scale', 'status']);

async function main(): Promise<number> {
  leanHeap();
  const [name, ...args] = splitCommand(process.argv.slice(2));
  const refusal = name === undefined ? undefined : REFUSED[name];
  if (refusal !== undefined) throw new EngineError(refusal, ExitCode.generic);
  const context: CommandContext = {
    args,
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    commands,
  };
  if (name === undefined || name === 'help' || args.includes('--help') || args.includes('-h')) {
    const { printHelp } = await import('./help.ts');
    return printHelp(name === 'help' ? args[0] : name, context.stdout);
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) {
    throw await unknownCommand(name);
  }
  return (await entry.load()).run(context);
}

async function unknownCommand(name: string): Promise<EngineError> {
  const { nearest } = await import('./flags.ts');
  const near = nearest(name, Object.keys(commands));
  const hint = GONE.has(name)
    ? 'k6 2 has no such command; use the REST API: gravl-k6 run --address localhost:6565'
    : near === undefined
      ? "run 'gravl-k6 --help' for the commands there are"
      : `did you mean ${near}?`;
  return new EngineError(`unknown command ${JSON.stringify(name)} for "gravl-k6"`, ExitCode.generic, { hint });
}

/** The command is the first word that is no flag; global flags may stand before it. */
function splitCommand(argv: readonly string[]): string[] {
  if (argv[0] === '--version') return ['version'];
  const valued = new Set(['-a', '--address', '-c', '--config', '-f', '--log-format', '--log-output']);
  let at = 0;
  while (at < argv.length && argv[at]?.startsWith('-')) at += valued.has(argv[at] ?? '') ? 2 : 1;
  const command = argv[at];
  return command === undefined
    ? argv.some((arg) => arg === '-h' || arg === '--help') || argv.length === 0
      ? []
      : ['run', ...argv]
    : [command, ...argv.slice(0, at), ...argv.slice(at + 1)];
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof EngineError) {
    const hint = error.hint ? ` (${error.hint})` : '';
    process.stderr.write(`ERRO[0000] ${error.message}${hint}\n`);
    process.exitCode = error.exitCode;
  } else {
    process.stderr.write(
      `ERRO[0000] internal error: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
    );
    process.exitCode = ExitCode.panic;
  }
}
