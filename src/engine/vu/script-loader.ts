/** The evaluation of a script that no VU belongs to: it tells exports, options and metrics. */
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { Outcome } from '../contracts/host.ts';
import type { GuestOutcome, GuestVu } from '../guest/main.ts';
import { LocalHost } from './local-host.ts';
import type { Realm } from './realm.ts';
import { standStill } from './sync-io/client.ts';
import { describeFailure, type Services } from './services.ts';
import { EngineIo } from './vu-io.ts';

export interface LoadedScript {
  /** Names of the functions. */
  readonly exports: ReadonlySet<string>;
  /** JSON data. */
  readonly options: unknown;
}

/** @throws EngineError with exit code 107 when the script's top level throws, 108 when it aborts the test */
export async function evaluateScript(services: Services, realm: Realm): Promise<LoadedScript> {
  const io = new EngineIo(services, 0);
  let aborted: string | undefined;
  const block = (op: string, arg: unknown): Outcome<undefined> => {
    if (op === 'vu.halt') aborted = (arg as { readonly message: string }).message;
    return blockInInit(op, arg);
  };
  const host = new LocalHost(services, io, block, () => setImmediate(turn));
  const vu: GuestVu = realm.guest.createVu(
    host,
    {
      idInInstance: 0,
      idInTest: 0,
      dir: services.program.dir,
      env: services.env,
      freezeEnv: services.freezeEnv,
      systemTags: {},
      tags: {},
      baseTags: services.tagSpace.root,
    },
    services.program.form === 'fast' ? realm.guest.createFibers : undefined,
  );
  const turn = (): void => {
    vu.turn();
  };
  const onRejection = (reason: unknown): void => {
    vu.fail(reason, true);
  };
  process.on('unhandledRejection', onRejection);
  let outcome: GuestOutcome;
  try {
    outcome = await new Promise<GuestOutcome>((resolve) => {
      vu.load(() => realm.compile(services.program), resolve);
      setImmediate(turn);
    });
  } finally {
    process.off('unhandledRejection', onRejection);
    io.interrupt();
  }
  if (aborted !== undefined) throw new EngineError(aborted, ExitCode.scriptAborted);
  if (outcome.failure !== undefined) {
    throw new EngineError(describeFailure(services.mapper, outcome.failure), ExitCode.scriptException);
  }
  const names = vu.exportNames();
  for (const stage of ['setup', 'teardown']) {
    if (names.includes(stage) && !vu.isFunction(stage)) {
      throw new EngineError(`exported '${stage}' must be a function`, ExitCode.scriptException);
    }
  }
  const options = vu.exportJson('options');
  return {
    exports: new Set(names.filter((name) => vu.isFunction(name))),
    options: options === undefined ? undefined : (JSON.parse(options) as unknown),
  };
}

/** Where only files may be read: `sleep` is all that can wait. */
function blockInInit(op: string, arg: unknown): Outcome<undefined> {
  if (op === 'sleep') return standStill(arg as number);
  return { ok: false, name: 'GoError', message: `${op} is not available in the init context` };
}
