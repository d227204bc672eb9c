/** `gravl-k6 completion`: a script that teaches the shell the commands and flags. */
import { EngineError, ExitCode } from '../../contracts/errors.ts';
import { globalFlags } from '../flag-sets.ts';
import { parseArguments } from '../flags.ts';
import { print } from '../print.ts';
import type { Command, CommandEntry } from './types.ts';

interface Words {
  readonly command: string;
  readonly summary: string;
  readonly flags: readonly { readonly name: string; readonly help: string }[];
}

const shells: Readonly<Record<string, (words: readonly Words[]) => string>> = {
  bash: (words) =>
    [
      '_gravl_k6() {',
      '  local cur="${COMP_WORDS[COMP_CWORD]}" flags=""',
      '  case "${COMP_WORDS[1]}" in',
      ...words.map(
        ({ command, flags }) => `    ${command}) flags="${flags.map(({ name }) => `--${name}`).join(' ')}" ;;`,
      ),
      '  esac',
      `  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${words.map(({ command }) => command).join(' ')}" -- "$cur"))`,
      '  elif [[ "$cur" == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$cur"))',
      '  else COMPREPLY=($(compgen -f -- "$cur")); fi',
      '}',
      'complete -F _gravl_k6 gravl-k6',
    ].join('\n'),
  zsh: (words) =>
    [
      '#compdef gravl-k6',
      '_gravl_k6() {',
      '  if (( CURRENT == 2 )); then',
      `    _values command ${words.map(({ command, summary }) => `'${command}[${plain(summary)}]'`).join(' ')}`,
      '    return',
      '  fi',
      '  case "$words[2]" in',
      ...words.map(
        ({ command, flags }) =>
          `    ${command}) _arguments ${flags.map(({ name, help }) => `'--${name}[${plain(help)}]'`).join(' ')} '*:file:_files' ;;`,
      ),
      '  esac',
      '}',
      'compdef _gravl_k6 gravl-k6',
    ].join('\n'),
  fish: (words) =>
    words
      .flatMap(({ command, summary, flags }) => [
        `complete -c gravl-k6 -n __fish_use_subcommand -a ${command} -d '${plain(summary)}'`,
        ...flags.map(
          ({ name, help }) =>
            `complete -c gravl-k6 -n '__fish_seen_subcommand_from ${command}' -l ${name} -d '${plain(help)}'`,
        ),
      ])
      .join('\n'),
  powershell: (words) =>
    [
      "Register-ArgumentCompleter -Native -CommandName 'gravl-k6' -ScriptBlock {",
      '  param($word, $ast, $cursor)',
      '  $commands = @{',
      ...words.map(
        ({ command, flags }) => `    '${command}' = @(${flags.map(({ name }) => `'--${name}'`).join(', ')})`,
      ),
      '  }',
      '  $given = @($ast.CommandElements | ForEach-Object { $_.ToString() })',
      '  $known = if ($given.Count -gt 1 -and $commands.ContainsKey($given[1])) { $commands[$given[1]] } else { $commands.Keys }',
      '  $known | Where-Object { $_ -like "$word*" } | Sort-Object | ForEach-Object {',
      "    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)",
      '  }',
      '}',
    ].join('\n'),
};

/** Text that needs no quoting inside single quotes and brackets of any shell. */
function plain(text: string): string {
  return text.replace(/['[\]:\\]/g, ' ');
}

export const completion: Command = {
  summary: 'Generate a completion script for bash, zsh, fish or powershell',
  usage: 'completion bash|zsh|fish|powershell',
  examples: ['source <(gravl-k6 completion bash)', 'gravl-k6 completion powershell | Out-String | Invoke-Expression'],
  flags: globalFlags,
  async run({ args, stdout, commands }) {
    const [shell = ''] = parseArguments(args, globalFlags()).positional;
    const write = Object.hasOwn(shells, shell) ? shells[shell] : undefined;
    if (!write) {
      throw new EngineError(
        `no completion for shell ${JSON.stringify(shell)}; use bash, zsh, fish or powershell`,
        ExitCode.generic,
      );
    }
    const words = await Promise.all(
      Object.entries(commands).map(async ([command, entry]) => ({
        command,
        summary: entry.summary,
        flags: await flagsOf(entry),
      })),
    );
    await print(stdout, write(words));
    return ExitCode.ok;
  },
};

async function flagsOf(entry: CommandEntry): Promise<ReturnType<Command['flags']>> {
  const command = await entry.load();
  return command.flags();
}
