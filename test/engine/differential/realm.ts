/** A realm with the fast runtime in it, and programs that run in it with a blocking function of the test's own. */
import { build } from 'esbuild';
import path from 'node:path';
import vm from 'node:vm';
import { toFastForm } from '../../../src/engine/script/transform/index.ts';

export interface Trace {
  readonly lines: string[];
}

interface FakeHost {
  begin(op: string, arg: unknown, done: (outcome: { ok: true; value: unknown }) => void): number;
  blockThread(op: string, arg: unknown): { ok: true; value: unknown };
  cancel(id: number): void;
  now(): number;
}

interface Control {
  readonly runtime: {
    attachLeaf(fn: unknown, entry: unknown): void;
    attachFrame(fn: unknown, body: () => Generator<unknown, void, unknown>): void;
    call(fn: unknown, self: unknown, args: unknown[]): unknown;
    park(op: string, arg: unknown, finish: (outcome: { value: unknown }) => unknown): unknown;
    run(fn: unknown, self: unknown, args: unknown[], done: (threw: boolean, value: unknown) => void): void;
  };
  readonly env: unknown;
  readonly promise: unknown;
}

interface Runtime {
  readonly PENDING: unknown;
  installBuiltins(): void;
  createFibers(host: FakeHost, unhandled: (reason: unknown) => void): Control;
}

const bundled = build({
  stdin: {
    contents:
      "export * from './fast/index.ts'; export { installBuiltins } from './fast/builtins/install.ts';" +
      "export { PENDING } from './suspend.ts';",
    resolveDir: path.resolve('src/engine/guest/runtime'),
  },
  bundle: true,
  write: false,
  format: 'iife',
  globalName: 'gravlFast',
  target: 'node20',
});

/** Builtins are prepared once per realm, so that tests share one. */
export async function fastRealm(): Promise<FastRealm> {
  const code = (await bundled).outputFiles[0]?.text ?? '';
  const context = vm.createContext({});
  vm.runInContext(code, context);
  return new FastRealm(context, vm.runInContext('gravlFast', context) as Runtime);
}

export interface RunResult {
  readonly lines: readonly string[];
  /** Times the blocking function had to block the thread. */
  readonly standStills: number;
  readonly suspensions: number;
  /** Reasons of rejections that nobody handled in time. */
  readonly unhandled: readonly string[];
}

/** Text of a value that tells apart what scripts can tell apart. */
const SHOW = `(function show(v, depth = 0) {
  if (typeof v === 'function') return 'function ' + v.name + '/' + v.length;
  if (typeof v === 'symbol' || typeof v === 'bigint') return typeof v + ' ' + String(v);
  if (typeof v === 'string') return JSON.stringify(v);
  if (Object.is(v, -0)) return '-0';
  if (typeof v !== 'object' || v === null) return String(v);
  if (v instanceof Error) return v instanceof TypeError ? v.name : v.name + ': ' + v.message;
  if (depth > 3) return '…';
  if (Array.isArray(v)) return '[' + Array.from({ length: v.length }, (_, i) => i in v ? show(v[i], depth + 1) : '<hole>').join() + ']';
  const tag = Object.prototype.toString.call(v).slice(8, -1);
  return (tag === 'Object' ? '' : tag) + '{' + Object.keys(v).map((k) => k + ':' + show(v[k], depth + 1)).join() + '}';
})`;

export class FastRealm {
  readonly context: vm.Context;
  readonly #runtime: Runtime;
  readonly #show: (value: unknown) => string;

  constructor(context: vm.Context, runtime: Runtime) {
    this.context = context;
    this.#runtime = runtime;
    runtime.installBuiltins();
    this.#show = vm.runInContext(SHOW, context) as (value: unknown) => string;
  }

  /** The body of a program with `b(tag, value)` (blocks) and `log(...)`; it must define `main`. */
  static program(body: string): string {
    // As the bundler writes imports, by which the analysis knows a blocking function.
    return `(function ($env) {\nconst { $pick, log, Promise, setTimeout } = $env.globals; const b = $pick($env.globals, "sleep", "k6");\n${body}\n$env.publish({ main: () => main });\n})`;
  }

  compileFast(body: string): unknown {
    return vm.runInContext(toFastForm(FastRealm.program(body)).code, this.context);
  }

  /** Undefined when the text is not a program: random ones may repeat a label. */
  compilePlain(body: string): unknown {
    try {
      return vm.runInContext(FastRealm.program(body), this.context);
    } catch (error) {
      if ((error as Error).name === 'SyntaxError') return undefined;
      throw error;
    }
  }

  /** The reference: `b` is an ordinary function, promises are the realm's own. */
  async runPlain(program: unknown): Promise<RunResult> {
    const lines: string[] = [];
    const show = this.#show;
    const log = (...args: unknown[]): void => void lines.push(args.map((a) => show(a)).join(' '));
    const b = (tag: unknown, value: unknown): unknown => {
      lines.push(`start ${String(tag)}`);
      lines.push(`end ${String(tag)}`);
      return value;
    };
    // The test runner takes unhandled rejections for its own failures.
    const unhandled: string[] = [];
    const note = (reason: unknown): void => void unhandled.push(show(reason));
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', note);
    const timers = new Timers();
    let main: unknown;
    (program as (env: unknown) => void)({
      globals: {
        b,
        $pick: pickBlocking,
        log,
        Promise: vm.runInContext('Promise', this.context) as unknown,
        setTimeout: timers.set,
      },
      publish: (exports: { main: () => unknown }) => (main = exports.main()),
    });
    try {
      lines.push(`returned ${show((main as () => unknown)())}`);
    } catch (error) {
      lines.push(`threw ${show(error)}`);
    }
    // By then the realm's microtasks have run.
    const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      await idle();
      const next = timers.next();
      if (!next) break;
      try {
        next();
      } catch (error) {
        lines.push(`timer threw ${show(error)}`);
      }
    }
    process.off('unhandledRejection', note);
    for (const listener of listeners) process.on('unhandledRejection', listener);
    return { lines, standStills: 0, suspensions: 0, unhandled };
  }

  /** Runs several VUs of a fast program at once; each blocking call waits some turns, drawn from `seed`. */
  async runFast(program: unknown, vus: number, seed = 1): Promise<RunResult[]> {
    let random = seed;
    const turns = (): number => (random = (random * 48271) % 2147483647) % 3;
    const runs = Array.from({ length: vus }, () => this.#start(program, turns));
    return Promise.all(runs);
  }

  #start(program: unknown, turns: () => number): Promise<RunResult> {
    const lines: string[] = [];
    const show = this.#show;
    let [standStills, suspensions] = [0, 0];
    const unhandled: string[] = [];
    const later = (count: number, run: () => void): void => {
      setImmediate(() => {
        if (count > 0) later(count - 1, run);
        else run();
      });
    };
    const finish = (arg: unknown): { ok: true; value: unknown } => {
      const [tag, value] = arg as [unknown, unknown];
      lines.push(`end ${String(tag)}`);
      return { ok: true, value };
    };
    const runtime = this.#runtime;
    const control = runtime.createFibers(
      {
        begin: (_op, arg, done) => {
          suspensions++;
          later(turns(), () => {
            done(finish(arg));
          });
          return 0;
        },
        blockThread: (_op, arg) => {
          standStills++;
          return finish(arg);
        },
        cancel: () => undefined,
        now: () => performance.now(),
      },
      (reason) => unhandled.push(show(reason)),
    );
    const b = (tag: unknown, value: unknown): unknown => {
      lines.push(`start ${String(tag)}`);
      standStills++;
      return finish([tag, value]).value;
    };
    control.runtime.attachLeaf(b, (tag: unknown, value: unknown) => {
      lines.push(`start ${String(tag)}`);
      return control.runtime.park('test', [tag, value], (outcome) => outcome.value);
    });
    const log = (...args: unknown[]): void => void lines.push(args.map((a) => show(a)).join(' '));
    const timers = new Timers();
    let main: unknown;
    (program as (env: unknown) => void)({
      globals: { b, $pick: pickBlocking, log, Promise: control.promise, setTimeout: timers.set },
      publish: (exports: { main: () => unknown }) => (main = exports.main()),
      fast: control.env,
    });
    /** Notes the outcome at once, before the jobs of promises. */
    const noting = (fn: unknown, failed: string, returned?: string): unknown => {
      const entry = (): void => undefined;
      control.runtime.attachFrame(entry, function* () {
        try {
          let value = control.runtime.call(fn, undefined, []);
          if (value === runtime.PENDING) value = yield runtime.PENDING;
          if (returned !== undefined) lines.push(`${returned} ${show(value)}`);
        } catch (error) {
          lines.push(`${failed} ${show(error)}`);
        }
      });
      return entry;
    };
    return new Promise((resolve) => {
      const turn = (): void => {
        const next = timers.next();
        if (next) control.runtime.run(noting(next, 'timer threw'), undefined, [], turn);
        else resolve({ lines, standStills, suspensions, unhandled });
      };
      control.runtime.run(noting(main, 'threw', 'returned'), undefined, [], turn);
    });
  }
}

const pickBlocking = ({ b }: { readonly b: unknown }): unknown => b;

/** setTimeout in the order of the deadlines, with a clock that jumps. */
class Timers {
  readonly #list: { readonly at: number; readonly run: () => void }[] = [];
  #now = 0;
  readonly set = (run: () => void, delay = 0): void => {
    this.#list.push({ at: this.#now + delay, run });
  };

  next(): (() => void) | undefined {
    this.#list.sort((x, y) => x.at - y.at);
    const first = this.#list.shift();
    if (first) this.#now = first.at;
    return first?.run;
  }
}
