/** From the command line and the environment to what the engine is asked to do. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { TestRequest } from '../execution/types.ts';
import { DecodeError } from '../options/decode.ts';
import { type FlagValues, layerFromEnv, layerFromFlags, layerFromJson } from '../options/layers.ts';
import { readRuntime, type RuntimeSettings, toRuntimeConfig } from '../options/runtime.ts';
import type { Layer } from '../options/table.ts';
import type { CommandContext } from './commands/types.ts';

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
    script: script === '-' ? { stdin: await text(input.stdin) } : script,
    cwd,
    runtime: toRuntimeConfig(settings, env, input.defaultSystemEnv),
    fileLayer: await readConfigFile(settings.configFile, cwd),
    envLayer: layerFromEnv(env),
    flagLayer: layerFromFlags(flags),
  };
  return { request, settings };
}

async function readConfigFile(file: string | undefined, cwd: string): Promise<Layer> {
  if (file === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(await readFile(path.resolve(cwd, file), 'utf8'));
    return layerFromJson(parsed).layer;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const kind = cause instanceof SyntaxError || cause instanceof DecodeError ? 'parse' : 'read';
    throw new EngineError(
      `couldn't ${kind} the configuration from ${JSON.stringify(file)}: ${reason}`,
      ExitCode.invalidConfig,
      {
        cause,
      },
    );
  }
}
