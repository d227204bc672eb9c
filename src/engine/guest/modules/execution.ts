/** k6/execution: where the running code is in the test, and how to end it. */
import { blocking, copyData, GoError, type GuestContext, type ModuleFactory, native, textOf } from '../runtime/api.ts';

declare module '../../contracts/host.ts' {
  interface AsyncOps {
    /**
     * Ends the test with the message, as `exec.abort` does. The operation itself never ends: the VU runs nothing of the
     * script any more, and its iteration ends as interrupted.
     */
    'vu.halt': { arg: { readonly message: string }; result: undefined };
  }
  interface CallOps {
    /** Progress of the VU's scenario, 0 to 1. */
    'vu.progress': { arg: undefined; result: number };
  }
}

type Getters = Readonly<Record<string, () => unknown>>;

/** An object of read-only, enumerable properties. */
function view(getters: Getters): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [name, get] of Object.entries(getters)) {
    Object.defineProperty(object, name, { get, enumerable: true, configurable: false });
  }
  return object;
}

function scenarioView(ctx: GuestContext): Record<string, unknown> {
  const scenario = (): NonNullable<GuestContext['scenario']> => {
    if (ctx.scenario === undefined || ctx.stage !== 'vu') {
      throw new GoError(
        'getting scenario information outside of the VU context is not supported: the init context, setup and teardown belong to no scenario',
      );
    }
    return ctx.scenario;
  };
  return view({
    name: () => scenario().name,
    executor: () => scenario().executor,
    startTime: () => Math.round(scenario().startTime),
    progress: () => {
      scenario();
      return ctx.call('vu.progress', undefined);
    },
    iterationInInstance: () => {
      scenario();
      return ctx.iteration.inInstance;
    },
    iterationInTest: () => {
      scenario();
      return ctx.iteration.inTest;
    },
  });
}

function refuseInInit(ctx: GuestContext, what: string): void {
  if (ctx.stage === 'init') throw new GoError(`getting ${what} information in the init context is not supported`);
}

/** A tag's or metadata's value as text. */
function text(kind: string, key: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError(
    `invalid value for VU ${kind} '${key}': only String, Boolean and Number types are accepted as a ${kind} value`,
  );
}

interface Store {
  readonly read: () => Readonly<Record<string, string>>;
  readonly write: (key: string, value: unknown) => void;
  readonly remove: (key: string) => void;
}

/** A live object over names and values. */
function liveObject({ read, write, remove }: Store): object {
  return new Proxy(
    {},
    {
      get: (_target, key) => (typeof key === 'string' ? read()[key] : undefined),
      has: (_target, key) => typeof key === 'string' && key in read(),
      ownKeys: () => Object.keys(read()),
      getOwnPropertyDescriptor: (_target, key) => {
        const value = typeof key === 'string' ? read()[key] : undefined;
        return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
      },
      set: (_target, key, value: unknown) => {
        if (typeof key === 'string') write(key, value);
        return true;
      },
      defineProperty: (_target, key, { value }: { value?: unknown }) => {
        if (typeof key === 'string') write(key, value);
        return true;
      },
      deleteProperty: (_target, key) => {
        if (typeof key === 'string') remove(key);
        return true;
      },
    },
  );
}

function tagsObject(ctx: GuestContext): object {
  const { ownTags } = ctx;
  return liveObject({
    read: () => (ctx.systemTags['group'] === true ? { ...ownTags, group: ctx.groupPath } : { ...ownTags }),
    write: (key, value) => {
      ownTags[key] = text('tag', key, value);
      ctx.tags = ctx.tags.with(key, ownTags[key]);
    },
    remove: (key) => {
      Reflect.deleteProperty(ownTags, key);
      ctx.tags = ctx.tags.without(key);
    },
  });
}

function metadataObject(ctx: GuestContext): object {
  return liveObject({
    read: () => ctx.metadata ?? {},
    write: (key, value) => {
      ctx.metadata = { ...ctx.metadata, [key]: text('metadata', key, value) };
    },
    remove: (key) => {
      const rest = { ...ctx.metadata };
      Reflect.deleteProperty(rest, key);
      ctx.metadata = Object.keys(rest).length === 0 ? undefined : rest;
    },
  });
}

function vuView(ctx: GuestContext): Record<string, unknown> {
  const guarded = (get: () => unknown) => (): unknown => {
    refuseInInit(ctx, 'VU');
    return get();
  };
  const tags = tagsObject(ctx);
  const metadata = metadataObject(ctx);
  const metrics = view({ tags: guarded(() => tags), metadata: guarded(() => metadata) });
  return view({
    idInInstance: guarded(() => ctx.idInInstance),
    idInTest: guarded(() => ctx.idInTest),
    iterationInInstance: guarded(() => ctx.iteration.inVu),
    iterationInScenario: () => {
      if (ctx.stage !== 'vu')
        throw new GoError('getting the iteration in a scenario outside of the VU context is not supported');
      return ctx.iteration.inScenario;
    },
    tags: guarded(() => tags),
    metrics: guarded(() => metrics),
  });
}

const instanceFields = [
  'currentTestRunDuration',
  'iterationsCompleted',
  'iterationsInterrupted',
  'vusActive',
  'vusInitialized',
] as const;

function instanceView(ctx: GuestContext): Record<string, unknown> {
  const getters: Record<string, () => unknown> = {};
  for (const field of instanceFields) {
    getters[field] = () => {
      refuseInInit(ctx, 'instance');
      if (ctx.stage === 'teardown') throw new GoError('getting instance information in teardown is not supported');
      return ctx.call('exec.instance', undefined)[field];
    };
  }
  return view(getters);
}

function testView(ctx: GuestContext): Record<string, unknown> {
  let options: unknown;
  const test = view({
    options: () => {
      refuseInInit(ctx, 'test options');
      return (options ??= copyData(ctx.call('exec.options', undefined)));
    },
  });
  const abort = blocking(ctx, 'abort', 1, {
    op: 'vu.halt',
    prepare: (reason) => ({
      message: reason === undefined ? 'test aborted' : `test aborted: ${textOf(reason)}`,
    }),
    finish: () => undefined,
  });
  const fail = native('fail', 1, (reason) => {
    refuseInInit(ctx, 'test');
    ctx.call('exec.fail', {
      message: reason === undefined ? '' : textOf(reason),
    });
  });
  Object.assign(test, { abort, fail });
  return test;
}

export const executionModule: ModuleFactory = (ctx) => {
  const exports = {
    instance: instanceView(ctx),
    scenario: scenarioView(ctx),
    test: testView(ctx),
    vu: vuView(ctx),
  };
  return { ...exports, default: exports };
};
