/** k6/experimental/csv. */
import { type GuestContext, GoError, type ModuleFactory, native, promiseOf } from '../../runtime/api.ts';
import { asText, utf8Decode } from '../bytes.ts';
import { sharedArray } from '../data.ts';
import { fileBytes } from '../fs.ts';
import { CsvReader } from './reader.ts';

interface Options {
  readonly delimiter: string;
  readonly skipFirstLine: boolean;
  readonly fromLine: number;
  readonly toLine: number;
  readonly asObjects: boolean;
}

type Row = string[] | Record<string, string>;

function lineNumber(value: unknown, name: string, fallback: number): number {
  if (value == null) return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new GoError(`${name} must be a whole number of at least 0`);
  return number;
}

function optionsOf(value: unknown): Options {
  const given = (value ?? {}) as Readonly<Record<string, unknown>>;
  const delimiter = given['delimiter'] == null ? ',' : asText(given['delimiter']);
  if (delimiter.length !== 1 || delimiter === '"' || delimiter === '\n')
    throw new GoError('delimiter must be a single character');
  const options = {
    delimiter,
    skipFirstLine: given['skipFirstLine'] === true,
    fromLine: lineNumber(given['fromLine'], 'fromLine', 0),
    toLine: lineNumber(given['toLine'], 'toLine', Infinity),
    asObjects: given['asObjects'] === true,
  };
  if (options.toLine < options.fromLine) throw new GoError('toLine must be greater than or equal to fromLine');
  if (options.asObjects && options.skipFirstLine) throw new GoError('skipFirstLine cannot be used with asObjects');
  if (options.asObjects && options.fromLine > 0) throw new GoError('fromLine cannot be used with asObjects');
  return options;
}

function* rows(text: string, options: Options): Generator<Row, undefined> {
  const reader = new CsvReader(text, options.delimiter);
  let header: string[] | undefined;
  if (options.asObjects) {
    header = reader.next();
    if (!header) throw new GoError('a header line is needed for asObjects');
  } else if (options.skipFirstLine && options.fromLine === 0) {
    reader.next();
  }
  for (let record = reader.next(); record; record = reader.next()) {
    if (reader.line < options.fromLine) continue;
    if (reader.line > options.toLine) return undefined;
    if (header && record.length !== header.length) {
      throw new GoError(`record on line ${reader.line + 1}: wrong number of fields`);
    }
    yield header ? Object.fromEntries(header.map((name, i) => [name, record[i] ?? ''])) : record;
    // Lines after the last wanted one need not even be well-formed.
    if (reader.line >= options.toLine) return undefined;
  }
  return undefined;
}

function textOf(file: unknown, what: string): string {
  const bytes = fileBytes(file);
  if (!bytes) throw new GoError(`${what} takes a file of k6/experimental/fs as its first argument`);
  return utf8Decode(bytes, 'byte');
}

function parse(ctx: GuestContext, file: unknown, given: unknown): unknown[] {
  if (ctx.stage !== 'init') throw new GoError('csv.parse() is only available in the init context');
  const text = textOf(file, 'csv.parse()');
  const options = optionsOf(given);
  // Equal files with equal options are one array, whoever parses them first.
  const name = `csv:${(file as { path: string }).path}:${JSON.stringify(options)}`;
  let length = ctx.call('data.shared.length', name);
  if (length < 0) {
    const elements = Array.from(rows(text, options), (row) => JSON.stringify(row));
    length = ctx.call('data.shared.define', { name, elements });
  }
  return sharedArray(ctx, name, length);
}

function parserClass(ctx: GuestContext): new (...args: never[]) => object {
  return class Parser {
    readonly #rows: Generator<Row, undefined>;
    constructor(file: unknown, options?: unknown) {
      if (ctx.stage !== 'init') throw new GoError('csv.Parser can only be constructed in the init context');
      this.#rows = rows(textOf(file, 'csv.Parser'), optionsOf(options));
    }
    next(): Promise<{ done: boolean; value: Row }> {
      return promiseOf(ctx, () => {
        const { done, value } = this.#rows.next();
        return done === true ? { done: true, value: [] } : { done: false, value };
      });
    }
  };
}

export const csvModule: ModuleFactory = (ctx) => {
  const exports = {
    Parser: parserClass(ctx),
    parse: native('parse', 2, (file, options) => promiseOf(ctx, () => parse(ctx, file, options))),
  };
  return { ...exports, default: exports };
};
