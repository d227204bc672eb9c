/** From a script to a test that can run: loaded, evaluated once, its options consolidated. */
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { VuFactory, VuFactoryInput } from '../contracts/vu.ts';
import type { ScriptProgram } from '../contracts/script.ts';
import { type Consolidated, consolidate } from '../options/consolidate.ts';
import { DecodeError } from '../options/decode.ts';
import { layerFromJson } from '../options/layers.ts';
import type { Layer } from '../options/table.ts';
import { loadScript } from '../script/index.ts';
import { createVuFactory } from '../vu/index.ts';
import type { EngineLog, TestRequest } from './types.ts';

export interface LoadedTest extends Consolidated {
  readonly program: ScriptProgram;
  readonly factory: VuFactory;
  /** As the user named the script. */
  readonly label: string;
}

export interface LoadSettings {
  readonly callHandlers: VuFactoryInput['callHandlers'];
  readonly log: EngineLog;
  readonly inspectOnly: boolean;
}

/** @throws EngineError: 107 for the script's own faults, 104 for its configuration */
export async function loadTest(request: TestRequest, settings: LoadSettings): Promise<LoadedTest> {
  const { script, cwd, runtime } = request;
  const label = typeof script === 'string' ? script : '-';
  const program = await loadScript(script, { cwd, noRemote: runtime.noRemote, type: runtime.scriptType });
  const factory = await createVuFactory({
    program,
    strategy: runtime.strategy,
    env: runtime.env,
    callHandlers: settings.callHandlers,
    inspectOnly: settings.inspectOnly,
    log: settings.log,
  });
  try {
    const scriptLayer = decodeScriptOptions(factory.options, label, program.url, settings.log);
    const levels = [
      ['json', request.fileLayer],
      ['script', scriptLayer],
      ['env', request.envLayer],
      ['cli', request.flagLayer],
    ] as const;
    const consolidated = consolidate(levels, factory.exports);
    for (const warning of consolidated.warnings) settings.log('warning', warning);
    return { ...consolidated, program, factory, label };
  } catch (error) {
    await factory.dispose();
    throw error;
  }
}

function decodeScriptOptions(options: unknown, label: string, url: string, log: EngineLog): Layer {
  try {
    const { layer, unknown } = layerFromJson(options);
    for (const key of unknown) {
      log('warning', `There were unknown fields in the options exported in the script: ${JSON.stringify(key)}`);
    }
    return layer;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new EngineError(
      `could not initialize '${label}': could not load JS test '${url}': ${error.message}`,
      ExitCode.invalidConfig,
    );
  }
}
