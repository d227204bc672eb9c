/** The user's files as one ES module, by esbuild. Loaded only on a cache miss. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type BuildFailure, type Loader, type Message, type Plugin } from 'esbuild';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { Entry } from './entry.ts';
import { missingModule, mixedModule, syntaxError } from './script-errors.ts';

export interface Bundle {
  readonly code: string;
  /** Version 3 source map; `sources` are URLs. */
  readonly map: string;
  /** Text of every file that went in, by absolute path: the cache's inputs. */
  readonly inputs: ReadonlyMap<string, string>;
  /** The entry is CommonJS: its `module.exports` are the script's exports and it runs sloppy. */
  readonly commonJs: boolean;
  /** The entry has import or export statements, or awaits at its top level: strict code. */
  readonly strict: boolean;
}

/** `k6` and everything below it comes from the engine. */
export const isEngineModule = (specifier: string): boolean => specifier === 'k6' || specifier.startsWith('k6/');

export async function bundle(entry: Entry): Promise<Bundle> {
  const inputs = new Map<string, string>();
  const failures: EngineError[] = [];
  let result;
  try {
    result = await build({
      absWorkingDir: entry.dir,
      entryPoints: [entry.file],
      outfile: path.join(entry.dir, 'program.js'),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      target: 'esnext',
      charset: 'utf8',
      sourcemap: 'external',
      sourcesContent: false,
      treeShaking: false,
      metafile: true,
      logLevel: 'silent',
      tsconfigRaw: '{}',
      plugins: [userFiles(entry, inputs, failures)],
    });
  } catch (error) {
    throw failures[0] ?? fromBuildFailure(error, entry, inputs);
  }
  for (const [name, input] of Object.entries(result.metafile.inputs)) {
    const mixes = input.format === 'cjs' && input.imports.some(({ kind }) => kind === 'import-statement');
    if (mixes) {
      const file = path.resolve(entry.dir, name);
      const uses = /\bmodule\b/.test(inputs.get(file) ?? '') ? 'module' : 'exports';
      throw mixedModule(pathToFileURL(file).href, uses);
    }
  }
  const own = result.metafile.inputs[path.basename(entry.file)];
  const [mapFile, codeFile] = ['.map', '.js'].map((end) => result.outputFiles.find((file) => file.path.endsWith(end)));
  if (!mapFile || !codeFile) throw new EngineError('esbuild gave no output', ExitCode.scriptException);
  const map = JSON.parse(mapFile.text) as { sources: string[] };
  map.sources = map.sources.map((source) => pathToFileURL(path.resolve(entry.dir, source)).href);
  return {
    code: codeFile.text,
    map: JSON.stringify(map),
    inputs,
    commonJs: own?.format === 'cjs',
    strict: own?.format === 'esm',
  };
}

/** k6's module rules: exact paths only (no index files, no extensions guessed), `file:` URLs, and engine modules. */
function userFiles(entry: Entry, inputs: Map<string, string>, failures: EngineError[]): Plugin {
  return {
    name: 'k6-modules',
    setup(esbuild) {
      esbuild.onResolve({ filter: /.*/ }, ({ path: specifier, kind, resolveDir }) => {
        if (kind === 'entry-point') return { path: entry.file };
        // k6 has no dynamic import: the program's own function rejects.
        if (isEngineModule(specifier) || kind === 'dynamic-import') return { path: specifier, external: true };
        const file = localFile(specifier, resolveDir);
        if (file !== undefined && existsSync(file)) return { path: file };
        // A failing require() is the script's to catch: it throws when it is called.
        if (kind === 'require-call' || kind === 'require-resolve') return { path: specifier, external: true };
        failures.push(missingModule(specifier));
        return { errors: [{ text: specifier }] };
      });
      esbuild.onLoad({ filter: /.*/ }, async ({ path: file }) => {
        let contents = file === entry.file ? entry.source : inputs.get(file);
        try {
          contents ??= await readFile(file, 'utf8');
        } catch (cause) {
          failures.push(missingModule(pathToFileURL(file).href, cause));
          return { errors: [{ text: file }] };
        }
        inputs.set(file, contents);
        return { contents, loader: loaderOf(file), resolveDir: path.dirname(file) };
      });
    },
  };
}

/** The file a relative, absolute or `file:` specifier names; undefined for anything else. */
function localFile(specifier: string, fromDir: string): string | undefined {
  if (specifier.startsWith('file://')) return fileURLToPath(specifier);
  return /^(\.{0,2}\/|\.{1,2}$)/.test(specifier) ? path.resolve(fromDir, specifier) : undefined;
}

function loaderOf(file: string): Loader {
  if (/\.[cm]?ts$/.test(file)) return 'ts';
  return file.endsWith('.json') ? 'json' : 'js';
}

function fromBuildFailure(error: unknown, entry: Entry, inputs: ReadonlyMap<string, string>): EngineError {
  const messages: readonly Message[] = (error as Partial<BuildFailure>).errors ?? [];
  const [first] = messages;
  if (!first) {
    return new EngineError(error instanceof Error ? error.message : String(error), ExitCode.scriptException, {
      cause: error,
    });
  }
  const { location } = first;
  if (!location) return new EngineError(first.text, ExitCode.scriptException, { cause: error });
  const file = path.resolve(entry.dir, location.file);
  // esbuild counts UTF-8 bytes and may have shortened the line.
  const lineText = inputs.get(file)?.split(/\r?\n/)[location.line - 1] ?? location.lineText;
  const column = Buffer.from(lineText).subarray(0, location.column).toString().length + 1;
  return syntaxError(
    { url: pathToFileURL(file).href, line: location.line, column, lineText },
    k6Wording(first.text),
    messages.length - 1,
  );
}

/** esbuild's sentence for what k6 calls an unexpected token; anything else is clear as it is. */
function k6Wording(text: string): string {
  const found = /but found (?:"(.+)"|(.+))$/.exec(text);
  if (found)
    return found[2] === 'end of file' ? 'Unexpected end of input' : `Unexpected token ${found[1] ?? found[2] ?? ''}`;
  const unexpected = /^Unexpected "(.+)"$/.exec(text);
  return unexpected ? `Unexpected token ${unexpected[1] ?? ''}` : text;
}
