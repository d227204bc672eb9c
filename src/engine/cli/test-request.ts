/** From the command line and the environment to what the engine is asked to do. */
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { TestRequest } from '../execution/types.ts';
import { DecodeError } from '../options/decode.ts';
import { type FlagValues, layerFromEnv, layerFromFlags, layerFromJson } from '../options/layers.ts';
import { readRuntime, type RuntimeSettings, toRuntimeConfig } from '../options/runtime.ts';
import type { FlagSpec, Layer } from '../options/table.ts';
import { type EntryRequest, startsTar } from '../script/index.ts';
import type { CommandContext } from './commands/types.ts';
import { parseArguments } from './flags.ts';

export interface RequestInput extends Pick<CommandContext, 'env' | 'cwd' | 'stdin'> {
  readonly script: string;
  readonly flags: FlagValues;
  readonly defaultSystemEnv: boolean;
}

/** @throws EngineError for flags, variables or a config file that cannot be read */
export async function readTestRequest(
  input: RequestInput,
): Promise<{ readonly request: TestRequest; readonly settings: RuntimeSettings }> {
  const { env, cwd, flags, script } = input;
  const settings = readRuntime(flags, env);
  const request = {
    script: script === '-' ? await readStandardInput(input.stdin) : script,
    cwd,
    runtime: toRuntimeConfig(settings, env, input.defaultSystemEnv),
    fileLayer: await readConfigFile(settings.configFile, cwd, env),
    envLayer: layerFromEnv(env),
    flagLayer: layerFromFlags(flags),
  };
  return { request, settings };
}

/**
 * The request of a command that loads its one script and runs nothing.
 * @returns it, and the flags as they were given
 */
export async function readScriptRequest(
  context: CommandContext,
  specs: readonly FlagSpec[],
): Promise<{ readonly request: TestRequest; readonly flags: FlagValues }> {
  const { positional, flags } = parseArguments(context.args, specs);
  const [script] = positional;
  if (script === undefined || positional.length > 1) {
    throw new EngineError(`accepts 1 arg(s), received ${positional.length}`, ExitCode.generic);
  }
  const { request } = await readTestRequest({ ...context, script, flags, defaultSystemEnv: false });
  return { request, flags };
}

/** A script as text, or an archive, which is kept in a file until the process ends. */
async function readStandardInput(stdin: NodeJS.ReadableStream): Promise<EntryRequest> {
  const bytes = await buffer(stdin);
  if (!startsTar(bytes)) return { stdin: bytes.toString('utf8') };
  const folder = await mkdtemp(path.join(os.tmpdir(), 'gravl-k6-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = path.join(folder, 'archive.tar');
  await writeFile(file, bytes);
  return file;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Where k6 looks when no file is named, by platform; undefined where the environment names no home. */
function defaultConfigFile(env: Env): string | undefined {
  const below = (folder: string | undefined, ...rest: string[]): string | undefined =>
    folder ? path.join(folder, ...rest, 'k6', 'config.json') : undefined;
  switch (process.platform) {
    case 'win32':
      return below(env['APPDATA']);
    case 'darwin':
      return below(env['HOME'], 'Library', 'Application Support');
    default:
      return below(env['XDG_CONFIG_HOME']) ?? below(env['HOME'], '.config');
  }
}

/** @param named a file that has to be there; the one of the user need not */
async function readConfigFile(named: string | undefined, cwd: string, env: Env): Promise<Layer> {
  const file = named ?? defaultConfigFile(env);
  if (file === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(await readFile(path.resolve(cwd, file), 'utf8'));
    return layerFromJson(parsed).layer;
  } catch (cause) {
    if (named === undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    const reason = cause instanceof Error ? cause.message : String(cause);
    const kind = cause instanceof SyntaxError || cause instanceof DecodeError ? 'parse' : 'load';
    throw new EngineError(
      `couldn't ${kind} the configuration from ${JSON.stringify(file)}: ${reason}`,
      ExitCode.invalidConfig,
      {
        cause,
      },
    );
  }
}
