/** k6's module rules as an esbuild plugin: what a specifier means, and where its text comes from. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Loader, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { Entry } from './entry.ts';
import { shippedModule } from './jslib/table.ts';
import { isRemote, loadRemote, type RemoteOptions } from './remote.ts';
import { missingModule } from './script-errors.ts';

/** What the plugin leaves behind for the caller of esbuild. */
export interface ModuleLog {
  /** Text of every file of the user's that went in, by absolute path (for remote modules: of the kept copy). */
  readonly inputs: Map<string, string>;
  /** Texts of remote modules by address, for code frames. */
  readonly remote: Map<string, string>;
  /** URLs of all of them. */
  readonly sources: Set<string>;
  /** Errors in k6's words; the first is what the user should see. */
  readonly failures: EngineError[];
}

/** `k6` and everything below it comes from the engine. */
const isEngineModule = (specifier: string): boolean => specifier === 'k6' || specifier.startsWith('k6/');

const here = path.dirname(fileURLToPath(import.meta.url));

/** The file of a module that ships with the engine: built beside the bins, or its source in the repository. */
function shippedFile(name: string): string | undefined {
  const candidates = [`jslib/${name}.js`, `../jslib/${name}.js`, `jslib/${name}/index.ts`];
  return candidates.map((file) => path.join(here, file)).find((file) => existsSync(file));
}

/** Folders of engine files that scripts are bundled with; imports inside them are resolved as in any package. */
function isOurs(importer: string): boolean {
  const relative = path.relative(path.join(here, '..'), importer);
  return (
    path.isAbsolute(importer) && (!relative.startsWith('..') || importer.includes(`${path.sep}node_modules${path.sep}`))
  );
}

/**
 * Exact paths only (no index files, no extensions guessed), `file:` URLs, addresses, modules that ship with the engine,
 * and engine modules, which stay imports.
 * @param instead texts to take in the place of some files', by absolute path
 */
export function k6Modules(
  entry: Entry,
  options: RemoteOptions,
  log: ModuleLog,
  instead: ReadonlyMap<string, string> = new Map(),
): Plugin {
  const fail = (failure: EngineError): { errors: { text: string }[] } => {
    log.failures.push(failure);
    return { errors: [{ text: failure.message }] };
  };

  const resolve = (args: OnResolveArgs): OnResolveResult | undefined => {
    const { path: specifier, kind } = args;
    if (kind === 'entry-point') return { path: entry.file };
    // k6 has no dynamic import: the program's own function rejects.
    if (isEngineModule(specifier) || kind === 'dynamic-import') return { path: specifier, external: true };
    if (args.namespace === 'file' && args.importer !== entry.file && isOurs(args.importer)) {
      return isBuiltin(specifier) ? { path: specifier, external: true } : undefined;
    }
    const shipped = shippedModule(specifier);
    if (shipped) {
      const file = shippedFile(shipped.name);
      if (file !== undefined) return { path: file };
      const message = `the module ${shipped.name} that ships with the engine is missing: the installation is incomplete`;
      return fail(
        new EngineError(message, ExitCode.panic, { hint: 'install the package again, or run npm run prepare' }),
      );
    }
    const target =
      args.namespace === 'remote' && /^\.{0,2}\//.test(specifier) ? new URL(specifier, args.importer).href : specifier;
    if (isRemote(target)) return { path: target, namespace: 'remote' };
    const file = localFile(specifier, args.resolveDir);
    if (file !== undefined && existsSync(file)) return { path: file };
    // A failing require() is the script's to catch: it throws when it is called.
    if (kind === 'require-call' || kind === 'require-resolve') return { path: specifier, external: true };
    return fail(missingModule(specifier));
  };

  return {
    name: 'k6-modules',
    setup(esbuild) {
      esbuild.onResolve({ filter: /.*/ }, resolve);
      esbuild.onLoad({ filter: /.*/, namespace: 'remote' }, async ({ path: url }) => {
        try {
          const { text, file } = await loadRemote(url, options);
          log.sources.add(url);
          log.remote.set(url, text);
          if (file !== undefined) log.inputs.set(file, text);
          return { contents: text, loader: loaderOf(new URL(url).pathname) };
        } catch (error) {
          if (error instanceof EngineError) return fail(error);
          throw error;
        }
      });
      esbuild.onLoad({ filter: /.*/, namespace: 'file' }, async ({ path: file }) => {
        if (file !== entry.file && isOurs(file)) return undefined;
        const contents = file === entry.file ? entry.source : await readFile(file, 'utf8').catch(() => undefined);
        if (contents === undefined) return fail(missingModule(file));
        log.sources.add(pathToFileURL(file).href);
        log.inputs.set(file, contents);
        return { contents: instead.get(file) ?? contents, loader: loaderOf(file), resolveDir: path.dirname(file) };
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
