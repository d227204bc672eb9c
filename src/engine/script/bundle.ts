/** The user's files as one ES module, by esbuild. Loaded only on a cache miss. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type BuildFailure, type Message, type Plugin } from 'esbuild';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { type Place, throwAtConstantWrites } from './constant-writes.ts';
import type { Entry } from './entry.ts';
import { k6Modules, type ModuleLog } from './modules.ts';
import type { RemoteOptions } from './remote.ts';
import { mixedModule, syntaxError } from './script-errors.ts';

export interface Bundle {
  readonly code: string;
  /** Version 3 source map; `sources` are URLs. */
  readonly map: string;
  /** Text of every file that went in, by absolute path: the cache's inputs. */
  readonly inputs: ReadonlyMap<string, string>;
  /** URLs of the entry and of what it imports, without the engine's own modules. */
  readonly sources: readonly string[];
  /** Those of them that have no import or export statements: sloppy code, also in a strict program. */
  readonly sloppySources: ReadonlySet<string>;
  /** The entry is CommonJS: its `module.exports` are the script's exports and it runs sloppy. */
  readonly commonJs: boolean;
  /** The entry has import or export statements, or awaits at its top level: strict code. */
  readonly strict: boolean;
}

/** esbuild's message for what k6 finds out only when it gets there. */
const CONSTANT = /^Cannot assign to ".*" because it is a constant$/;

const run = (entry: Entry, plugin: Plugin) =>
  build({
    absWorkingDir: entry.dir,
    entryPoints: [entry.file],
    outfile: path.join(entry.dir, 'program.js'),
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'esnext',
    charset: 'utf8',
    sourcemap: 'external',
    sourcesContent: false,
    treeShaking: false,
    metafile: true,
    logLevel: 'silent',
    tsconfigRaw: '{}',
    plugins: [plugin],
  });

export async function bundle(entry: Entry, options: RemoteOptions): Promise<Bundle> {
  const log: ModuleLog = { inputs: new Map(), remote: new Map(), sources: new Set(), failures: [] };
  let result;
  try {
    result = await run(entry, k6Modules(entry, options, log)).catch((error: unknown) => {
      const replaced = withoutConstantWrites(error, entry, log);
      if (!replaced) throw error;
      return run(entry, k6Modules(entry, options, log, replaced));
    });
  } catch (error) {
    throw log.failures[0] ?? fromBuildFailure(error, entry, log);
  }
  for (const [name, input] of Object.entries(result.metafile.inputs)) {
    const mixes = input.format === 'cjs' && input.imports.some(({ kind }) => kind === 'import-statement');
    const text = log.inputs.get(path.resolve(entry.dir, name));
    if (mixes && text !== undefined) {
      throw mixedModule(sourceUrl(entry, name), /\bmodule\b/.test(text) ? 'module' : 'exports');
    }
  }
  const sloppy = Object.entries(result.metafile.inputs).filter(([, { format }]) => format !== 'esm');
  const own = result.metafile.inputs[path.basename(entry.file)];
  const [mapFile, codeFile] = ['.map', '.js'].map((end) => result.outputFiles.find((file) => file.path.endsWith(end)));
  if (!mapFile || !codeFile) throw new EngineError('esbuild gave no output', ExitCode.scriptException);
  const map = JSON.parse(mapFile.text) as { sources: string[] };
  map.sources = map.sources.map((source) => sourceUrl(entry, source));
  return {
    code: codeFile.text,
    map: JSON.stringify(map),
    inputs: log.inputs,
    sources: [...log.sources],
    sloppySources: new Set(sloppy.map(([name]) => sourceUrl(entry, name))),
    commonJs: own?.format === 'cjs',
    strict: own?.format === 'esm',
  };
}

/** Texts that can be bundled, by file, when assignments to constants are all that esbuild found. */
function withoutConstantWrites(error: unknown, entry: Entry, log: ModuleLog): Map<string, string> | undefined {
  const messages: readonly Message[] = (error as Partial<BuildFailure>).errors ?? [];
  const places = new Map<string, Place[]>();
  for (const { text, location } of messages) {
    if (!CONSTANT.test(text) || !location) return undefined;
    const file = path.resolve(entry.dir, location.file);
    places.set(file, [...(places.get(file) ?? []), location]);
  }
  const texts = new Map<string, string>();
  for (const [file, list] of places) {
    const source = log.inputs.get(file);
    const text = source === undefined ? undefined : throwAtConstantWrites(source, list);
    if (text === undefined) return undefined;
    texts.set(file, text);
  }
  return texts.size > 0 ? texts : undefined;
}

/** What esbuild calls a file (relative path, or `remote:` and the address) as a URL. */
function sourceUrl(entry: Entry, source: string): string {
  return source.startsWith('remote:')
    ? source.slice('remote:'.length)
    : pathToFileURL(path.resolve(entry.dir, source)).href;
}

function fromBuildFailure(error: unknown, entry: Entry, log: ModuleLog): EngineError {
  const messages: readonly Message[] = (error as Partial<BuildFailure>).errors ?? [];
  const [first] = messages;
  if (!first) {
    const message = error instanceof Error ? error.message : String(error);
    return new EngineError(message, ExitCode.scriptException, { cause: error });
  }
  const { location } = first;
  if (!location) return new EngineError(first.text, ExitCode.scriptException, { cause: error });
  const url = location.namespace === 'remote' ? location.file.replace(/^remote:/, '') : sourceUrl(entry, location.file);
  const text = log.remote.get(url) ?? log.inputs.get(path.resolve(entry.dir, location.file));
  // esbuild counts UTF-8 bytes and may have shortened the line.
  const lineText = text?.split(/\r?\n/)[location.line - 1] ?? location.lineText;
  const column = Buffer.from(lineText).subarray(0, location.column).toString().length + 1;
  return syntaxError({ url, line: location.line, column, lineText }, k6Wording(first.text), messages.length - 1);
}

/** esbuild's sentence for what k6 calls an unexpected token; anything else is clear as it is. */
function k6Wording(text: string): string {
  const found = /but found (?:"(.+)"|(.+))$/.exec(text);
  if (found)
    return found[2] === 'end of file' ? 'Unexpected end of input' : `Unexpected token ${found[1] ?? found[2] ?? ''}`;
  const unexpected = /^Unexpected "(.+)"$/.exec(text);
  return unexpected ? `Unexpected token ${unexpected[1] ?? ''}` : text;
}
