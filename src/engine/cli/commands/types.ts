/** What a command is. */
import type { FlagSpec } from '../../options/table.ts';

/** The streams and surroundings a command works with. */
export interface CommandContext {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** All commands there are, for those that tell of them. */
  readonly commands: Readonly<Record<string, CommandEntry>>;
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** `run [flags] <script>`. */
  readonly usage: string;
  readonly examples?: readonly string[];
  readonly flags: () => readonly FlagSpec[];
  /** @returns the exit code; throws EngineError for what the user can mend */
  run(context: CommandContext): Promise<number>;
}

export interface CommandEntry {
  readonly summary: string;
  load(): Promise<Command>;
}
