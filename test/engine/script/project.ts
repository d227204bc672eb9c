/** Inline projects in temporary folders, loaded and evaluated as a VU would. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import vm from 'node:vm';
import { afterAll } from 'vitest';
import type { ProgramEnv, ScriptProgram } from '../../../src/engine/contracts/script.ts';
import { loadScript, type LoadOptions } from '../../../src/engine/script/index.ts';
import { readFileFor, resolveOpenPath } from '../../../src/engine/script/open-files.ts';
import { PROGRAM_FILE } from '../../../src/engine/script/source-map.ts';

const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

export function tempDir(): string {
  const dir = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'gravl-script-')));
  made.push(dir);
  return dir;
}

export function project(files: Readonly<Record<string, string>>, dir = tempDir()): string {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(dir, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return dir;
}

export const load = (dir: string, entry = 'script.js', options: Partial<LoadOptions> = {}): Promise<ScriptProgram> =>
  loadScript(entry, { cwd: dir, cacheDir: false, strategy: 'exact', ...options });

export interface Evaluated {
  readonly exports: Record<string, unknown>;
  readonly logs: string[];
  readonly setCounters: (vu: number, iteration: number | undefined) => void;
}

/** Runs the top level in a fresh realm with just enough of a VU around it. */
export async function evaluate(
  program: ScriptProgram,
  modules: Readonly<Record<string, Record<string, unknown>>> = {},
): Promise<Evaluated> {
  const realm = vm.createContext({ TextEncoder, TextDecoder });
  const logs: string[] = [];
  const line = (...parts: unknown[]): unknown => logs.push(parts.map(String).join(' '));
  let counters: Evaluated['setCounters'] = () => undefined;
  let getters: Record<string, () => unknown> = {};
  const open = (dir: string) => (name: string) => {
    const file = resolveOpenPath(name, dir);
    if (!file.ok) throw new Error(file.message);
    const read = readFileFor(file.value, { root: program.root, allowed: [] });
    if (!read.ok) throw new Error(read.message);
    return Buffer.from(read.value).toString();
  };
  const find = (specifier: string): Record<string, unknown> => {
    const found = modules[specifier];
    if (!found) throw new Error(`unknown module: ${specifier}`);
    return found;
  };
  const env: ProgramEnv = {
    globals: {
      console: { log: line, warn: line, error: line },
      open: open(program.dir),
      crypto: {},
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
      Promise: vm.runInContext('Promise', realm) as unknown,
      __ENV: { NAME: 'value' },
      __VU: 0,
      __ITER: undefined,
    },
    import: find,
    require: find,
    openFrom: open,
    meta: (url) => ({ url }),
    publish: (exported) => (getters = exported),
    caught: () => undefined,
    thrown: (value) => value,
    stackOf: (value: unknown) => (value as { stack?: unknown }).stack,
    bindCounters: (set) => (counters = set),
    fast: undefined,
  };
  const run = new vm.Script(program.code, { filename: PROGRAM_FILE }).runInContext(realm) as (
    env: ProgramEnv,
  ) => unknown;
  await run(env);
  const exports = Object.defineProperties(
    {},
    Object.fromEntries(Object.entries(getters).map(([key, get]) => [key, { get, enumerable: true }])),
  );
  return { exports, logs, setCounters: (vu, iteration) => counters(vu, iteration) };
}
