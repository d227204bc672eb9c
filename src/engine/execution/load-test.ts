/** From a script to a test that can run: loaded, evaluated once, its options consolidated. */
import { systemClock } from '../executors/clock.ts';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { VuFactory, VuFactoryInput } from '../contracts/vu.ts';
import type { ScriptProgram } from '../contracts/script.ts';
import { type Consolidated, consolidate } from '../options/consolidate.ts';
import { DecodeError } from '../options/decode.ts';
import { layerFromJson } from '../options/layers.ts';
import type { Layer } from '../options/table.ts';
import { loadScript, resolveOpenPath } from '../script/index.ts';
import { secrets } from '../ops/secrets.ts';
import { sharedData } from '../ops/shared-data.ts';
import { createVuFactory } from '../vu/index.ts';
import { openHandler } from '../vu/script-ops.ts';
import { executionCallHandlers } from './call-ops.ts';
import { RunState } from './run-state.ts';
import type { EngineLog, TestRequest } from './types.ts';

export interface LoadedTest extends Consolidated {
  readonly program: ScriptProgram;
  readonly factory: VuFactory;
  /** See `VuFactoryInput`; handed to the other threads. */
  readonly rateState: SharedArrayBuffer;
  /** The script's `__ENV`, an archive's variables included. */
  readonly env: Readonly<Record<string, string>>;
  /** As the user named the script. */
  readonly label: string;
}

/** For commands that run nothing: `exec.*` answers as before the start. */
export function loadForInspection(request: TestRequest, log: EngineLog, opened?: Set<string>): Promise<LoadedTest> {
  const nothing = (): void => undefined;
  const callHandlers = executionCallHandlers(new RunState(systemClock, nothing, nothing));
  return loadTest(request, { callHandlers, log, inspectOnly: true, opened });
}

export interface LoadSettings {
  readonly callHandlers: VuFactoryInput['callHandlers'];
  readonly log: EngineLog;
  readonly inspectOnly: boolean;
  /** Collects the absolute paths of the files that `open()` reads. */
  readonly opened?: Set<string> | undefined;
}

/** @throws EngineError: 107 for the script's own faults, 104 for its configuration */
export async function loadTest(request: TestRequest, settings: LoadSettings): Promise<LoadedTest> {
  const { script, cwd, runtime } = request;
  const label = typeof script === 'string' ? script : '-';
  const program = await loadScript(script, {
    cwd,
    noRemote: runtime.noRemote,
    type: runtime.scriptType,
    strategy: runtime.strategy,
  });
  const env = { ...program.archive?.env, ...runtime.env };
  sharedData.clear();
  secrets.configure(runtime.secretSources, cwd, process.env);
  const rateState = new SharedArrayBuffer(8);
  const factory = await createVuFactory({
    program,
    strategy: runtime.strategy,
    allowRead: runtime.allowRead,
    env,
    callHandlers: { ...settings.callHandlers, ...(settings.opened && recordOpened(program.root, settings.opened)) },
    inspectOnly: settings.inspectOnly,
    rateState,
    log: settings.log,
  }).catch((error: unknown) => {
    secrets.close();
    throw error;
  });
  try {
    // An archive brings the options it was made with.
    const scriptLayer = decodeScriptOptions(
      program.archive?.options ?? factory.options,
      label,
      program.url,
      settings.log,
    );
    const levels = [
      ['json', request.fileLayer],
      ['script', scriptLayer],
      ['env', request.envLayer],
      ['cli', request.flagLayer],
    ] as const;
    const consolidated = consolidate(levels, factory.exports);
    for (const complaint of consolidated.complaints) settings.log('error', complaint);
    for (const warning of consolidated.warnings) settings.log('warning', warning);
    return { ...consolidated, program, factory, rateState, label, env };
  } catch (error) {
    await factory.dispose();
    secrets.close();
    throw error;
  }
}

/** Answers `open()` as ever, and notes what was read. */
function recordOpened(root: string, opened: Set<string>): VuFactoryInput['callHandlers'] {
  const open = openHandler({ root, allowed: [] });
  return {
    'script.open'(io, request) {
      const content = open(io, request);
      const file = resolveOpenPath(request.name, request.dir);
      if (content.ok && file.ok) opened.add(file.value);
      return content;
    },
  };
}

function decodeScriptOptions(options: unknown, label: string, url: string, log: EngineLog): Layer {
  try {
    const { layer, unknown } = layerFromJson(options);
    for (const key of unknown) {
      log('warning', 'There were unknown fields in the options exported in the script', {
        error: `json: unknown field ${JSON.stringify(key)}`,
      });
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
