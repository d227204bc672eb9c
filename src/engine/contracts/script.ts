/** What `src/engine/script` makes of the user's files, and `src/engine/vu` runs. Structured-cloneable. */

export interface ImportedModule {
  /** `k6`, `k6/http`, … : everything else is bundled into the code. */
  readonly specifier: string;
  /** Names the script imports, `*` for a namespace, `default`; a missing one is an init error (107). */
  readonly names: readonly string[];
}

/**
 * One self-contained program. `code` is a function expression that takes the {@link ProgramEnv} of one VU and runs the
 * script's top level (the init context):
 *
 *     (function ($env) { 'use strict'; const { console, open, … } = $env.globals; … body … ; $env.publish({ … }) })
 *
 * The exact form calls plain entries only. The fast form also carries `$g` forms (see docs/architecture.md) and takes
 * its runtime from `$env.fast`. Both have the same names, exports and source positions (through `map`).
 */
export interface ScriptProgram {
  /** Absolute path or URL of the entry, as k6 shows it (`file:///…/script.js`). */
  readonly url: string;
  /** Folder that relative `open()` and `require()` resolve against. */
  readonly dir: string;
  /** `open()` may read below this folder: the working directory when the script lies in it, else the script's folder. */
  readonly root: string;
  /** URLs of the entry and of every module bundled with it, except those that ship with the engine. */
  readonly sources: readonly string[];
  /** What an archive brought besides the script: consolidated options (JSON data) and environment variables. */
  readonly archive?: { readonly options: unknown; readonly env: Readonly<Record<string, string>> };
  readonly form: 'exact' | 'fast';
  readonly code: string;
  /** Source map (version 3 JSON) from `code` to the user's files. */
  readonly map: string;
  readonly imports: readonly ImportedModule[];
  /** Names known without running it; a CommonJS script or `export *` publishes more. */
  readonly exports: readonly string[];
  /** True when the top level awaits: the function expression is then async (exact) or a generator (fast). */
  readonly topLevelAwait: boolean;
  /** The script writes globals or patches builtins: each VU needs a realm of its own. */
  readonly ownRealm: boolean;
  /** Why exact mode is needed; empty when fast mode is faithful without a stand-still. */
  readonly exactReasons: readonly string[];
}

/**
 * Globals a program binds locally at its top (only those it mentions): `const { console } = $env.globals`. All of them
 * must be properties of {@link ProgramEnv.globals}; `Promise` is the realm's own in the exact form. `__VU` and
 * `__ITER` become `let` bindings kept up to date through {@link ProgramEnv.bindCounters}. `open` is the one of the
 * program's folder; files in other folders take theirs from {@link ProgramEnv.openFrom}. Everything else a script
 * mentions freely (Math, TextEncoder, globalThis …) is the realm's global. Indirect eval and `globalThis.console`
 * see the realm's globals too, so these names must also be there; `exports` and `module` throw when read.
 */
export const PROGRAM_GLOBALS = [
  'console',
  'open',
  'crypto',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'Promise',
  '__ENV',
  '__VU',
  '__ITER',
] as const;

/** What a program is called with; a guest-realm object. */
export interface ProgramEnv {
  /** Per-VU values of {@link PROGRAM_GLOBALS}. */
  readonly globals: object;
  /** Namespace object of a k6 module, in the guest realm; its own properties are the exports. */
  import(specifier: string): Record<string, unknown>;
  /** CommonJS `require` of k6 modules and of what was not bundled; `import()` always rejects, as in k6. */
  require(specifier: string, fromDir: string): unknown;
  /** `open` for a file in another folder than the entry's: relative paths start there. */
  openFrom(dir: string): unknown;
  /** `import.meta` of the user's file with this URL: an object with `resolve(specifier)`. */
  meta(url: string): unknown;
  /** Called once at the end of the top level: export name → getter of the live binding. */
  publish(exports: Record<string, () => unknown>): void;
  /** The program hands over setters of its own `__VU` and `__ITER` bindings. */
  bindCounters(set: (vu: number, iteration: number | undefined) => void): void;
  /** To be called first by every `catch` clause, with what it caught: errors of V8 itself get k6's messages. */
  readonly caught: (error: unknown) => void;
  /** To be called with what a `throw` statement throws; gives it back. */
  readonly thrown: (value: unknown) => unknown;
  /** The property `stack` of a value; `optional` for `?.`. */
  readonly stackOf: (value: unknown, optional?: boolean) => unknown;
  /** Runtime of the fast form, undefined in the exact form. */
  readonly fast: unknown;
}
