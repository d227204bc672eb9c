/** The log of the command: where lines go, from which level on, in which format. */
import { isatty } from 'node:tty';
import { EngineError, ExitCode } from '../../contracts/errors.ts';
import type { LogLevel } from '../../contracts/host.ts';
import type { RuntimeConfig } from '../../options/types.ts';
import { type LogFormat, logFormat as formatNamed } from './format.ts';
import { TextSink } from './sink.ts';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };
const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
};

export interface LogSettings {
  /** `--log-format`. */
  readonly format: string;
  /** `--log-output`: stderr, stdout, none, or file=path, with `,level=` behind. */
  readonly output: string;
  readonly verbose: boolean;
  readonly noColor: boolean;
  /** `--console-output`: the script's console goes to this file instead. */
  readonly consoleOutput?: string | undefined;
}

interface Target {
  readonly sink: TextSink;
  readonly format: LogFormat;
}

export class Logger {
  readonly #target: Target | undefined;
  readonly #minimum: number;
  readonly #settings: LogSettings;
  readonly #started = performance.now();
  #console: Target | undefined;

  /** @throws EngineError for settings that cannot be met */
  constructor(settings: LogSettings) {
    this.#settings = settings;
    const [where = 'stderr', ...more] = settings.output.split(',');
    this.#target = this.#open(where);
    const level = more.map((part) => /^level=(.*)$/.exec(part)?.[1]).find((found) => found !== undefined);
    if (level !== undefined && !LEVELS[level]) {
      throw new EngineError(`not a valid log level: ${JSON.stringify(level)}`, ExitCode.generic);
    }
    const named = level === undefined ? undefined : LEVELS[level];
    this.#minimum = RANK[named ?? (settings.verbose ? 'debug' : 'info')];
    if (settings.consoleOutput) this.redirectConsole(settings.consoleOutput);
  }

  /** The script's console goes to a file from now on. */
  redirectConsole(file: string): void {
    this.#console ??= this.#open(`file=${file}`);
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, string>> = {}): void {
    if (RANK[level] < this.#minimum) return;
    const target = fields['source'] === 'console' ? (this.#console ?? this.#target) : this.#target;
    const now = performance.now();
    const time = performance.timeOrigin + now;
    target?.sink.line(target.format({ level, message, time, elapsed: now - this.#started, fields }));
  }

  async close(): Promise<void> {
    await Promise.all([this.#target?.sink.close(), this.#console?.sink.close()]);
  }

  #open(where: string): Target | undefined {
    const [kind, file = ''] = where.split('=', 2);
    switch (kind) {
      case 'stderr':
        return { sink: new TextSink(2), format: this.#format(isatty(2)) };
      case 'stdout':
        return { sink: new TextSink(1), format: this.#format(isatty(1)) };
      case 'none':
        return undefined;
      case 'file':
        return { sink: openFile(file), format: this.#format(false) };
      case 'loki':
        throw new EngineError(
          "the log output 'loki' is not supported; use --log-output file=… and ship the file",
          ExitCode.generic,
        );
      default:
        throw new EngineError(
          `unsupported log output '${where}'; use stderr, stdout, none or file=path`,
          ExitCode.generic,
        );
    }
  }

  #format(toTerminal: boolean): LogFormat {
    const format = formatNamed(this.#settings.format, toTerminal, toTerminal && !this.#settings.noColor);
    if (format) return format;
    throw new EngineError(
      `unsupported log format '${this.#settings.format}'; use text, json, logfmt or raw`,
      ExitCode.generic,
    );
  }
}

/** Runs with a log of its own, which is told the errors that the user can mend, and is written out at the end. */
export async function withLogger(
  runtime: Pick<RuntimeConfig, 'logFormat' | 'logOutput' | 'verbose' | 'noColor'>,
  body: (log: Logger['log'], logger: Logger) => Promise<number>,
  consoleOutput?: string,
): Promise<number> {
  const { logFormat: format, logOutput: output, verbose, noColor } = runtime;
  const logger = new Logger({ format, output, verbose, noColor, consoleOutput });
  const log = logger.log.bind(logger);
  try {
    return await body(log, logger);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    log('error', error.message, error.hint ? { hint: error.hint } : {});
    return error.exitCode;
  } finally {
    await logger.close();
  }
}

function openFile(path: string): TextSink {
  try {
    return TextSink.file(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError(`failed to open the log file '${path}': ${reason}`, ExitCode.generic, { cause });
  }
}
