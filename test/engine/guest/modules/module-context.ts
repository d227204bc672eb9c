/** A VU's context for tests of modules: the real host operations and metrics, in this thread and realm. */
import type { AsyncOpHandler, CallOpHandler, Outcome, VuHost, VuIo } from '../../../../src/engine/contracts/host.ts';
import type { MetricType, ValueKind } from '../../../../src/engine/contracts/metrics.ts';
import { type GuestContext, unwrap } from '../../../../src/engine/guest/runtime/api.ts';
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
  /** Ends pending operations, as the end of an iteration does. */
  interrupt(): void;
}

type Handlers<T> = Readonly<Record<string, T | undefined>>;
const asyncOps = opHandlers.async as unknown as Handlers<AsyncOpHandler<never>>;
const callOps = opHandlers.call as unknown as Handlers<CallOpHandler<never>>;

function known<T>(handlers: Handlers<T>, op: string): T {
  const handler = handlers[op];
  if (handler === undefined) throw new Error(`no handler for ${op}`);
  return handler;
}

export function testVu(stage: GuestContext['stage'] = 'vu', dir = process.cwd()): TestVu {
  const samples: Sample[] = [];
  const logs: string[] = [];
  const abort = new AbortController();
  const tagSpace = new ThreadTagSpace(undefined);
  const registry = new MetricRegistry();
  const sink: VuHost['samples'] = {
    add(metric, value, tags) {
      samples.push({ metric: metric.name, value, tags: Object.fromEntries(tags.entries()) });
    },
    check: () => undefined,
    group: () => undefined,
  };
  const metric = (name: string, type: MetricType, contains: ValueKind = 'default') =>
    unwrap(registry.register(name, type, contains));
  const now = () => performance.timeOrigin + performance.now();
  const log = (_level: string, message: string) => logs.push(message);
  const io: VuIo = {
    vuId: 1,
    tagSpace,
    samples: sink,
    signal: abort.signal,
    state: new Map(),
    metric,
    now,
    log,
    traffic: { sent: 0, received: 0 },
  };

  const cancels = new Map<number, () => void>();
  let last = 0;
  const begin: VuHost['begin'] = (op, arg, done) => {
    const id = ++last;
    const cancel = known(asyncOps, op)(io, arg as never, (outcome: Outcome<unknown>) => {
      cancels.delete(id);
      done(outcome as never);
    });
    if (cancel) cancels.set(id, cancel);
    return id;
  };
  const host: VuHost = {
    tagSpace,
    samples: sink,
    metric: (name, type, contains) => registry.register(name, type, contains),
    now,
    log,
    call: (op, arg) => known(callOps, op)(io, arg as never),
    begin,
    cancel(id) {
      cancels.get(id)?.();
      cancels.delete(id);
    },
    blockThread: (op) => {
      throw new Error(`${op} cannot block here`);
    },
  };
  const ctx: GuestContext = {
    host,
    fibers: undefined,
    loop: {
      begin,
      cancel: (id) => {
        host.cancel(id);
      },
      retain: () => undefined,
      release: () => undefined,
      run(fn, self, args, done) {
        Reflect.apply(fn, self, args);
        done?.();
      },
      deferred() {
        let resolve!: (value: unknown) => void;
        let reject!: (reason: unknown) => void;
        const promise = new Promise<unknown>((yes, no) => {
          resolve = yes;
          reject = no;
        });
        return { promise, resolve, reject };
      },
    },
    idInInstance: 1,
    idInTest: 1,
    stage,
    scenario: undefined,
    iteration: { inVu: 0, inScenario: 0, inInstance: 0, inTest: 0 },
    tags: tagSpace.root,
    metadata: undefined,
    groupPath: '',
    dir,
    env: {},
    beforeIteration: [],
    metric,
    call: (op, arg) => unwrap(host.call(op, arg)),
  };
  return {
    ctx,
    io,
    samples,
    logs,
    interrupt: () => {
      abort.abort();
    },
  };
}
