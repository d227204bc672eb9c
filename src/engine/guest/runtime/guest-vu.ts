/** One VU of a realm: its modules, its globals, and the functions of the script it runs. */
import type { VuHost } from '../../contracts/host.ts';
import type { TagSet } from '../../contracts/metrics.ts';
import type { ProgramEnv } from '../../contracts/script.ts';
import { createOpen } from './globals.ts';
import { GoError, makeError, native, type ScriptFunction } from './api.ts';
import type { GuestContext, GuestScenario, IterationNumbers, ModuleFactory, Stage } from './context.ts';
import { exportJson } from './export-json.ts';
import { createErrorWords, type ErrorWords, wordRejections } from './error-words.ts';
import { type Failure, failureOf } from './failure.ts';
import type { CreateFibers, FiberControl } from './suspend.ts';
import { HostFacade } from './host-facade.ts';
import { VuGlobals } from './vu-globals.ts';
import { SetupData } from './setup-data.ts';
import { table } from './table.ts';
import { replaceWith, VuContext } from './vu-context.ts';
import { VuLoop } from './vu-loop.ts';

/** What the host decides about a VU; primitives and plain data only. */
export interface GuestConfig {
  readonly idInInstance: number;
  readonly idInTest: number;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** The script may read `__ENV` but not change it. */
  readonly freezeEnv: boolean;
  readonly systemTags: Readonly<Record<string, true>>;
  /** Run-wide tags. */
  readonly tags: Readonly<Record<string, string>>;
  /** The same as a set. */
  readonly baseTags: TagSet;
}

/** One call of an exported function. */
export interface GuestCall {
  readonly stage: Stage;
  readonly exec: string;
  /** JSON text of the argument; for `vu` it is parsed once and kept. */
  readonly data: string | undefined;
  readonly scenario: GuestScenario | undefined;
  readonly iteration: IterationNumbers;
}

export interface GuestOutcome {
  readonly failure: Failure | undefined;
  /** JSON text of the value returned; stages only. */
  readonly result: string | undefined;
  /** Wall-clock milliseconds. */
  readonly start: number;
  readonly end: number;
}

/** What a VU needs from the realm it lives in. */
export interface RealmServices {
  readonly modules: Readonly<Record<string, ModuleFactory>>;
  readonly createCrypto: (ctx: GuestContext) => object;
  /** Told before any of the VU's code runs, for globals that all VUs of the realm share. */
  enter(vu: GuestVu): void;
  /** From now on `Math.random` asks the VU whose code runs. */
  seedable(): void;
}

interface Task {
  readonly stage: Stage;
  readonly start: number;
  readonly done: (outcome: GuestOutcome) => void;
  value: unknown;
  failure: Failure | undefined;
}

export class GuestVu {
  readonly ctx: GuestContext;
  readonly globals: VuGlobals;
  /** The seeded source of `Math.random`, once the script asked for one. */
  random: (() => number) | undefined = undefined;
  readonly #host: HostFacade;
  readonly #config: GuestConfig;
  readonly #realm: RealmServices;
  readonly #loop: VuLoop;
  readonly #modules = table<Record<string, unknown>>();
  readonly #fibers: FiberControl | undefined;
  readonly #words: ErrorWords;
  #exports = table<() => unknown>();
  #setCounters: (vu: number, iteration: number | undefined) => void = () => undefined;
  #data: SetupData | undefined;
  #task: Task | undefined;

  /** @param createFibers makes the fiber runtime, for the fast form */
  constructor(engine: VuHost, config: GuestConfig, realm: RealmServices, createFibers: CreateFibers | undefined) {
    const host = new HostFacade(engine, () => {
      realm.enter(this);
    });
    this.#host = host;
    this.#config = config;
    this.#realm = realm;
    const words = createErrorWords(host);
    this.#words = words;
    const unhandled = (reason: unknown): void => {
      this.fail(reason, true);
    };
    const fibers = createFibers?.(host, unhandled, words.caught);
    if (fibers === undefined) wordRejections(words);
    this.#fibers = fibers;
    this.#loop = new VuLoop(
      host,
      fibers?.runtime,
      (thrown) => {
        this.fail(thrown, false);
      },
      () => {
        this.turn();
      },
    );
    this.ctx = new VuContext({
      host,
      fibers: fibers?.runtime,
      loop: this.#loop,
      config,
      seed: (random) => {
        this.random = random;
        realm.seedable();
      },
    });
    this.globals = new VuGlobals(this.ctx, () => fibers?.promise ?? Promise, realm.createCrypto);
  }

  /**
   * Runs the script's top level.
   * @param compile gives the program's function; what it throws is the script's failure
   */
  load(compile: () => (env: ProgramEnv) => unknown, done: (outcome: GuestOutcome) => void): void {
    const { ctx, globals } = this;
    this.#realm.enter(this);
    const env: ProgramEnv = {
      globals,
      import: (specifier) => this.import(specifier),
      require: (specifier) => this.require(specifier),
      openFrom: (dir) => createOpen(ctx, dir),
      meta: (url) => ({
        resolve: native('resolve', 1, (specifier) => ctx.call('script.resolve', { specifier: String(specifier), url })),
      }),
      publish: (exports) => {
        this.#exports = exports;
      },
      bindCounters: (set) => {
        this.#setCounters = set;
      },
      caught: this.#words.caught,
      thrown: this.#words.thrown,
      stackOf: this.#words.stackOf,
      fast: this.#fibers?.env,
    };
    this.#start('init', () => compile()(env), [], done);
  }

  /** Names of all exports, in the script's order. */
  exportNames(): string[] {
    return Object.keys(this.#exports);
  }

  /** JSON text of an export; undefined for none, and for what JSON cannot say. */
  exportJson(name: string): string | undefined {
    return exportJson(this.#export(name));
  }

  isFunction(name: string): boolean {
    return typeof this.#export(name) === 'function';
  }

  /** Runs an exported function. */
  run(call: GuestCall, done: (outcome: GuestOutcome) => void): void {
    const { ctx } = this;
    this.#realm.enter(this);
    ctx.stage = call.stage;
    const fn = this.#export(call.exec);
    if (call.stage === 'vu') {
      this.#activate(call);
      for (const prepare of ctx.beforeIteration) prepare();
    } else {
      ctx.groupPath = call.stage === 'summary' ? '' : `::${call.stage}`;
      ctx.tags = this.#grouped(this.#config.baseTags, ctx.groupPath);
    }
    const argument = this.#argument(call);
    if (typeof fn !== 'function') {
      const thrown = makeError('Error', `function '${call.exec}' not found in exports`);
      this.#start(
        call.stage,
        () => {
          throw thrown;
        },
        [],
        done,
      );
      return;
    }
    const args = call.stage === 'summary' || argument !== undefined ? [argument] : [];
    this.#start(call.stage, fn as ScriptFunction, args, done);
  }

  /** An uncaught exception: the task ends after this macrotask. */
  fail(thrown: unknown, inPromise: boolean): void {
    const task = this.#task;
    if (task === undefined || task.failure !== undefined) return;
    task.failure = failureOf(thrown, inPromise, inPromise ? '' : this.#words.originOf(thrown));
  }

  /** To be called when a macrotask and its microtasks have run: ends the task when nothing is left to do. */
  turn(): void {
    const task = this.#task;
    if (task === undefined) return;
    // A promise nobody can settle any more does not keep the iteration.
    if (task.failure === undefined && this.#loop.busy) return;
    this.#task = undefined;
    this.#loop.clear();
    const end = this.ctx.host.now();
    let result: string | undefined;
    let { failure } = task;
    if (failure === undefined && task.stage !== 'vu' && task.stage !== 'init') {
      try {
        result = exportJson(task.value, task.stage === 'summary');
      } catch (thrown) {
        failure = failureOf(thrown, false);
      }
    }
    task.done({ failure, result, start: task.start, end });
  }

  /** What samples carry now, and when the running task began. */
  tagState(): { tags: TagSet; metadata: Readonly<Record<string, string>> | undefined; start: number } {
    const { tags, metadata } = this.ctx;
    return { tags, metadata, start: this.#task?.start ?? this.ctx.host.now() };
  }

  /** Forgets the running task: nothing of the script runs any more. */
  halt(): void {
    this.#host.close();
    this.#task = undefined;
    this.#fibers?.halt();
    this.#loop.clear();
  }

  import(specifier: string): Record<string, unknown> {
    const known = this.#modules[specifier];
    if (known !== undefined) return known;
    const factory = this.#realm.modules[specifier];
    if (factory === undefined) throw new GoError(`unknown module: ${specifier}`);
    return (this.#modules[specifier] = factory(this.ctx));
  }

  require(specifier: unknown): unknown {
    if (this.ctx.stage !== 'init') {
      throw new GoError(
        'the "require" function is only available in the init stage (i.e. the global scope), see https://grafana.com/docs/k6/latest/using-k6/test-lifecycle for more information',
      );
    }
    if (typeof specifier !== 'string' || specifier === '') {
      throw new GoError("require() can't be used with an empty specifier");
    }
    // CommonJS gets what a default import would: `require('k6/http').default` is undefined in k6.
    const module = this.import(specifier);
    return module['default'] ?? module;
  }

  #export(name: string): unknown {
    return Object.hasOwn(this.#exports, name) ? this.#exports[name]?.() : undefined;
  }

  #activate({ scenario, iteration: numbers }: GuestCall): void {
    const { ctx } = this;
    const { iteration } = ctx;
    if (scenario !== undefined && scenario.name !== ctx.scenario?.name) this.#enterScenario(scenario);
    iteration.inVu = numbers.inVu;
    iteration.inScenario = numbers.inScenario;
    iteration.inInstance = numbers.inInstance;
    iteration.inTest = numbers.inTest;
    ctx.groupPath = '';
    ctx.tags = this.#grouped(ctx.tags, '');
    const { systemTags } = ctx;
    if (systemTags['vu'] === true) ctx.metadata = withKey(ctx.metadata, 'vu', `${ctx.idInInstance}`);
    if (systemTags['iter'] === true) ctx.metadata = withKey(ctx.metadata, 'iter', `${iteration.inVu}`);
    this.globals.__ITER = iteration.inVu;
    this.#setCounters(ctx.idInInstance, iteration.inVu);
  }

  /** The VU's own tags and metadata end with the scenario. */
  #enterScenario(scenario: GuestScenario): void {
    const { ctx } = this;
    ctx.scenario = scenario;
    ctx.metadata = undefined;
    ctx.tags = this.#config.baseTags;
    const { ownTags } = ctx;
    const named = ctx.systemTags['scenario'] === true ? { scenario: scenario.name } : {};
    replaceWith(ownTags, this.#config.tags, named, scenario.tags);
    for (const key of Object.keys(ownTags)) ctx.tags = ctx.tags.with(key, ownTags[key] as string);
    replaceWith(ctx.env, this.#config.env, scenario.env);
  }

  #grouped(tags: TagSet, path: string): TagSet {
    return this.ctx.systemTags['group'] === true ? tags.with('group', path) : tags;
  }

  #argument({ stage, data }: GuestCall): unknown {
    if (stage !== 'vu') return data === undefined ? undefined : JSON.parse(data);
    this.#data ??= new SetupData(data);
    this.#data.restore();
    return this.#data.value;
  }

  #start(stage: Stage, fn: ScriptFunction, args: readonly unknown[], done: (outcome: GuestOutcome) => void): void {
    const task: Task = { stage, start: this.ctx.host.now(), done, value: undefined, failure: undefined };
    this.#task = task;
    this.#realm.enter(this);
    this.#loop.run(fn, undefined, args, this.#returned);
  }

  readonly #returned = (value: unknown): void => {
    if (this.#task !== undefined) this.#await(this.#task, value);
  };

  /** Takes what the function returned; a promise settles the task later. */
  #await(task: Task, value: unknown): void {
    task.value = value;
    if (typeof value !== 'object' || value === null) return;
    const settle = (result: unknown): void => {
      task.value = result;
    };
    const fail = (reason: unknown): void => {
      if (this.#task === task) this.fail(reason, true);
    };
    if (this.ctx.fibers?.observe(value, settle, fail) === true) return;
    if (value instanceof Promise) void Reflect.apply(then, value, [settle, fail]);
  }
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- taken before a script can patch it
const { then } = Promise.prototype;

function withKey(
  values: Readonly<Record<string, string>> | undefined,
  key: string,
  value: string,
): Readonly<Record<string, string>> {
  return { ...values, [key]: value };
}
