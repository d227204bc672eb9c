/** Makes VUs of one script on one thread. */
import type { OpHandlers, Outcome } from '../contracts/host.ts';
import type { Metric, SampleSink } from '../contracts/metrics.ts';
import type { StageRunner, ThreadMetricsPort, Vu, VuFactory, VuFactoryInput } from '../contracts/vu.ts';
import { now } from '../http/clock.ts';
import { httpHandlers } from '../http/ops.ts';
import { MetricRegistry } from '../metrics/registry.ts';
import { ThreadTagSpace } from '../metrics/tags.ts';
import { opHandlers } from '../ops/index.ts';
import { secrets } from '../ops/secrets.ts';
import { setSocketSettings } from '../ops/socket-settings.ts';
import type { Options } from '../options/types.ts';
import { createStackMapper } from '../script/source-map.ts';
import type { Backend } from './backend.ts';
import { EngineStage } from './engine-stage.ts';
import { EngineVu } from './engine-vu.ts';
import { evaluateScript, type LoadedScript } from './script-loader.ts';
import { scriptOps } from './script-ops.ts';
import type { Services } from './services.ts';
import { SyncIo } from './sync-io/client.ts';
import { EngineIo } from './vu-io.ts';
import { createRealm, type Realm } from './realm.ts';
import { LocalBackend } from './local-backend.ts';
import { WorkerBackend } from './worker-backend.ts';
import { WorkerPool } from './worker-pool.ts';

const unconfigured: Outcome<never> = { ok: false, name: 'Error', message: 'the VU factory must be configured first' };
const ignored: SampleSink = { add: () => undefined, check: () => undefined, group: () => undefined };

/** Evaluates the script once, for its exports and options; rejects with an EngineError (107) when that fails. */
export async function createVuFactory(input: VuFactoryInput): Promise<VuFactory> {
  const registry = new MetricRegistry();
  const builtins = registry.size;
  const services = loadServices(input, registry);
  const realm = createRealm();
  const loaded = await evaluateScript(services, realm);
  // VUs of a thread share a realm, unless the script changes it.
  const shared = input.program.ownRealm ? undefined : realm;
  return new ScriptVuFactory(input, services, loaded, shared, registry.all().slice(builtins));
}

function loadServices(input: VuFactoryInput, registry: MetricRegistry): Services {
  const { program, env, allowRead = [], callHandlers } = input;
  const tagSpace = new ThreadTagSpace(undefined);
  const mapper = createStackMapper(program);
  return {
    program,
    env,
    freezeEnv: false,
    mapper,
    handlers: {
      async: opHandlers.async,
      call: { ...opHandlers.call, ...scriptOps({ root: program.root, allowed: allowRead }, mapper), ...callHandlers },
    },
    tagSpace,
    wantedTags: undefined,
    samples: ignored,
    builtin: {
      iterations: registry.builtin('iterations'),
      iterationDuration: registry.builtin('iteration_duration'),
      dataSent: registry.builtin('data_sent'),
      dataReceived: registry.builtin('data_received'),
    },
    counters: new SharedArrayBuffer(0),
    systemTags: [],
    tags: {},
    baseTags: tagSpace.root,
    metric: (name, type, contains) => registry.register(name, type, contains),
    now,
    log: (level, message, fields) => {
      input.log(level, secrets.redact(message), fields);
    },
  };
}

function runServices(
  load: Services,
  options: Options,
  metrics: ThreadMetricsPort,
  counters: SharedArrayBuffer,
  rateState: SharedArrayBuffer | undefined,
): Services {
  const http = httpHandlers({ options, env: process.env, rateState });
  const handlers: OpHandlers = {
    async: { ...load.handlers.async, ...http.async },
    call: { ...load.handlers.call, ...http.call },
  };
  const { tagSpace } = metrics;
  const builtin = (name: string, type: Metric['type'], contains: Metric['contains']): Metric => {
    const outcome = metrics.metric(name, type, contains);
    if (!outcome.ok) throw new Error(outcome.message);
    return outcome.value;
  };
  return {
    ...load,
    handlers,
    network: http.network,
    tagSpace,
    wantedTags: metrics.wantedTags,
    samples: metrics,
    builtin: {
      iterations: builtin('iterations', 'counter', 'default'),
      iterationDuration: builtin('iteration_duration', 'trend', 'time'),
      dataSent: builtin('data_sent', 'counter', 'data'),
      dataReceived: builtin('data_received', 'counter', 'data'),
    },
    freezeEnv: options.features.includes('freeze-env'),
    counters,
    systemTags: options.systemTags,
    tags: options.tags,
    baseTags: tagSpace.intern(Object.entries(options.tags)),
    metric: (name, type, contains) => metrics.metric(name, type, contains),
  };
}

class ScriptVuFactory implements VuFactory {
  readonly exports: ReadonlySet<string>;
  readonly options: unknown;
  readonly metrics: readonly Metric[];
  readonly strategy: VuFactory['strategy'];
  readonly #load: Services;
  readonly #rateState: SharedArrayBuffer | undefined;
  readonly #workers: WorkerPool;
  #services: Services | undefined;
  #syncIo: SyncIo | undefined;
  #setupData: string | undefined;
  readonly #sharedRealm: Realm | undefined;
  #systemTagSet: Readonly<Record<string, true>> | undefined;
  #distortions = 0;

  constructor(
    input: VuFactoryInput,
    load: Services,
    loaded: LoadedScript,
    sharedRealm: Realm | undefined,
    metrics: readonly Metric[],
  ) {
    this.#load = load;
    this.#rateState = input.rateState;
    this.#workers = new WorkerPool(input.lendAfter);
    this.#sharedRealm = sharedRealm;
    this.exports = loaded.exports;
    this.options = loaded.options;
    this.metrics = metrics;
    this.strategy = { mode: input.program.form, reasons: input.program.exactReasons };
  }

  configure(options: Options, metrics: ThreadMetricsPort, counters: SharedArrayBuffer): void {
    this.#services = runServices(this.#load, options, metrics, counters, this.#rateState);
    this.#syncIo = new SyncIo(this.#services, options);
  }

  setSetupData(data: string | undefined): void {
    this.#setupData = data;
  }

  async create(idInInstance: number, idInTest: number): Promise<Vu> {
    const services = this.#configured();
    const io = this.#createIo(services, idInTest);
    const backend = await this.#backend(services, io, idInInstance, idInTest);
    return new EngineVu({
      services,
      io,
      backend,
      idInInstance,
      idInTest,
      setupData: () => this.#setupData,
    });
  }

  async stage(): Promise<StageRunner> {
    const services = this.#configured();
    const io = this.#createIo(services, 0);
    return new EngineStage(services, io, await this.#backend(services, io, 0, 0));
  }

  distortions(): number {
    return this.#distortions;
  }

  async dispose(): Promise<void> {
    this.#syncIo?.dispose();
    await this.#workers.ended();
  }

  #systemTags(): Readonly<Record<string, true>> {
    const { systemTags } = this.#configured();
    return (this.#systemTagSet ??= Object.fromEntries(systemTags.map((tag) => [tag, true as const])));
  }

  #configured(): Services {
    if (this.#services === undefined) throw new Error('the VU factory must be configured first');
    return this.#services;
  }

  #createIo(services: Services, idInTest: number): EngineIo {
    const io = new EngineIo(services, idInTest);
    if (services.network !== undefined) setSocketSettings(io, services.network);
    return io;
  }

  #backend(services: Services, io: EngineIo, idInInstance: number, idInTest: number): Promise<Backend> {
    const { program, env, freezeEnv, tags, baseTags } = services;
    const { dir } = program;
    const systemTags = this.#systemTags();
    if (program.form === 'exact') {
      const config = { idInInstance, idInTest, dir, env, freezeEnv, systemTags, tags };
      return WorkerBackend.create(services, this.#workers, config, io);
    }
    return LocalBackend.create(
      services,
      // Written out: a spread would give each VU's object a shape of its own.
      { idInInstance, idInTest, dir, env, freezeEnv, systemTags, tags, baseTags },
      io,
      () => this.#sharedRealm ?? createRealm(),
      (op, arg) => {
        this.#distortions++;
        return this.#syncIo?.block(io, op, arg) ?? unconfigured;
      },
    );
  }
}
