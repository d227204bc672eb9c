/** Log lines in the formats k6 users know. */
import type { LogLevel } from '../../contracts/host.ts';

export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  /** Wall-clock milliseconds. */
  readonly time: number;
  /** Milliseconds since the start of the program. */
  readonly elapsed: number;
  readonly fields: Readonly<Record<string, string>>;
}

export type LogFormat = (record: LogRecord) => string;

const json: LogFormat = ({ level, message, time, fields }) => {
  const all: Record<string, string> = { ...fields, level, msg: message, time: new Date(time).toISOString() };
  const sorted = Object.keys(all)
    .sort()
    .map((key) => [key, all[key]]);
  return JSON.stringify(Object.fromEntries(sorted));
};

const raw: LogFormat = ({ message }) => message;

/** key=value pairs; a value is quoted when it holds anything but plain characters. */
const logfmt: LogFormat = ({ level, message, time, fields }) => {
  const pairs = {
    time: new Date(time).toISOString().replace(/\.\d+Z$/, 'Z'),
    level,
    ...(message === '' ? {} : { msg: message }),
    ...sortedFields(fields),
  };
  return Object.entries(pairs)
    .map(([key, value]) => `${key}=${quoteWhereNeeded(value)}`)
    .join(' ');
};

const LABEL: Readonly<Record<LogLevel, string>> = { debug: 'DEBU', info: 'INFO', warning: 'WARN', error: 'ERRO' };
const COLOR: Readonly<Record<LogLevel, number>> = { debug: 37, info: 36, warning: 33, error: 31 };

/** For people: `INFO[0001] message   source=console`. */
function terminal(colors: boolean): LogFormat {
  const paint = (level: LogLevel, text: string): string => (colors ? `\u001B[${COLOR[level]}m${text}\u001B[0m` : text);
  return ({ level, message, elapsed, fields }) => {
    const seconds = String(Math.floor(elapsed / 1000)).padStart(4, '0');
    const extra = Object.entries(sortedFields(fields)).map(
      ([key, value]) => ` ${paint(level, key)}=${quoteWhereNeeded(value)}`,
    );
    const line = message.replace(/\n$/, '');
    const text = extra.length > 0 ? line.padEnd(44) : line;
    return `${paint(level, LABEL[level])}[${seconds}] ${text}${extra.join('')}`;
  };
}

/**
 * @param name of `--log-format`
 * @param toTerminal text means the short form on a terminal, logfmt elsewhere
 * @returns undefined for a format that does not exist
 */
export function logFormat(name: string, toTerminal: boolean, colors: boolean): LogFormat | undefined {
  switch (name) {
    case '':
    case 'text':
      return toTerminal ? terminal(colors) : logfmt;
    case 'json':
      return json;
    case 'logfmt':
      return logfmt;
    case 'raw':
      return raw;
    default:
      return undefined;
  }
}

function sortedFields(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function quoteWhereNeeded(value: string): string {
  return /^[\w./@^+-]*$/.test(value) ? value : JSON.stringify(value);
}
