/** A VU for tests of modules: the real guest, host operations and metrics, in this thread and realm. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AsyncOpHandler, CallOpHandler, Outcome, VuHost, VuIo } from '../../../../src/engine/contracts/host.ts';
import type { MetricType, ValueKind } from '../../../../src/engine/contracts/metrics.ts';
import { moduleFactories } from '../../../../src/engine/guest/modules/index.ts';
import { createWebCrypto } from '../../../../src/engine/guest/modules/webcrypto.ts';
import { enterVu } from '../../../../src/engine/guest/runtime/running-vu.ts';
import { type GuestContext, unwrap } from '../../../../src/engine/guest/runtime/api.ts';
import { type GuestOutcome, GuestVu } from '../../../../src/engine/guest/runtime/guest-vu.ts';
import { MetricRegistry } from '../../../../src/engine/metrics/registry.ts';
import { ThreadTagSpace } from '../../../../src/engine/metrics/tags.ts';
import { opHandlers } from '../../../../src/engine/ops/index.ts';

export interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface TestVu {
  readonly ctx: GuestContext;
  readonly io: VuIo;
  readonly samples: Sample[];
  readonly logs: string[];
  /** The run's options, as `exec.options` answers them. */
  readonly options: Record<string, unknown>;
  /** Runs a function as an iteration, to the end of everything it started. */
  readonly iterate: (fn: () => unknown) => Promise<GuestOutcome>;
  /** Ends pending operations, as the end of an interrupted iteration does. */
  readonly interrupt: () => void;
}

type Handlers<T> = Readonly<Record<string, T | undefined>>;
const asyncOps = opHandlers.async as unknown as Handlers<AsyncOpHandler<never>>;
const callOps: Handlers<CallOpHandler<never>> = {
  ...(opHandlers.call as unknown as Handlers<CallOpHandler<never>>),
  'script.open': readScriptFile as CallOpHandler<never>,
};

function readScriptFile(_io: VuIo, arg: { name: string; dir: string; binary: boolean }): Outcome<string | Uint8Array> {
  try {
    const content = readFileSync(path.resolve(arg.dir, arg.name));
    return { ok: true, value: arg.binary ? content : content.toString() };
  } catch (error) {
    return { ok: false, name: 'GoError', message: (error as Error).message };
  }
}

export const SYSTEM_TAGS = ['url', 'status', 'subproto', 'group', 'scenario', 'name', 'method', 'service'];

export function testVu(stage: GuestContext['stage'] = 'vu', dir = process.cwd()): TestVu {
  const samples: Sample[] = [];
  const logs: string[] = [];
  const options: Record<string, unknown> = {};
  const interruptions: (() => void)[] = [];
  const tagSpace = new ThreadTagSpace(undefined);
  const registry = new MetricRegistry();
  const sink: VuHost['samples'] = {
    add(metric, value, tags) {
      samples.push({ metric: metric.name, value, tags: Object.fromEntries(tags.entries()) });
    },
    check: () => undefined,
    group: () => undefined,
  };
  const metric = (name: string, type: MetricType, contains: ValueKind) =>
    unwrap(registry.register(name, type, contains));
  const now = () => performance.timeOrigin + performance.now();
  const log = (_level: string, message: string) => logs.push(message);
  const traffic = { sent: 0, received: 0 };
  const io: VuIo = {
    vuId: 1,
    tagSpace,
    samples: sink,
    onInterrupt: (listener) => interruptions.push(listener),
    traffic,
    state: {},
    metric,
    now,
    log,
  };

  const cancels = new Map<number, () => void>();
  let last = 0;
  const host: VuHost = {
    tagSpace,
    samples: sink,
    metric: (name, type, contains) => registry.register(name, type, contains),
    now,
    log,
    call(op, arg) {
      if (op === 'exec.options') return { ok: true, value: options as never };
      const handler = callOps[op];
      if (handler === undefined) return { ok: false, name: 'Error', message: `no handler for ${op}` };
      return handler(io, arg as never);
    },
    begin(op, arg, done) {
      const id = ++last;
      const handler = asyncOps[op];
      if (handler === undefined) throw new Error(`no handler for ${op}`);
      const cancel = handler(io, arg as never, (outcome: Outcome<unknown>) => {
        cancels.delete(id);
        done(outcome as never);
        vu.turn();
      });
      if (cancel) cancels.set(id, cancel);
      return id;
    },
    cancel(id) {
      cancels.get(id)?.();
      cancels.delete(id);
    },
    blockThread: (op) => {
      throw new Error(`${op} cannot block here`);
    },
  };
  const vu = new GuestVu(
    host,
    {
      idInInstance: 1,
      idInTest: 1,
      dir,
      env: {},
      freezeEnv: false,
      systemTags: Object.fromEntries(SYSTEM_TAGS.map((name) => [name, true])),
      tags: {},
      baseTags: tagSpace.root,
    },
    {
      modules: moduleFactories,
      createCrypto: createWebCrypto,
      enter: ({ ctx }) => {
        enterVu(ctx);
      },
      seedable: () => undefined,
    },
    undefined,
  );
  vu.ctx.stage = stage;
  enterVu(vu.ctx);
  return {
    ctx: vu.ctx,
    io,
    samples,
    logs,
    options,
    interrupt() {
      for (const listener of interruptions) listener();
    },
    iterate(fn) {
      return new Promise((resolve) => {
        vu.load(
          () => (env) => {
            env.publish({ default: () => fn });
          },
          () => {
            const iteration = { inVu: 0, inScenario: 0, inInstance: 0, inTest: 0 };
            vu.run({ stage: 'vu', exec: 'default', data: undefined, scenario: undefined, iteration }, resolve);
            setImmediate(() => vu.turn());
          },
        );
        setImmediate(() => vu.turn());
      });
    },
  };
}
