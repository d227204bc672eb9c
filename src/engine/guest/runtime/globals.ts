/** The functions a script finds without importing anything, and the realm's global names for them. */
import { copyBytes, type GuestContext, GoError, native, type ScriptFunction, textOf } from './api.ts';
import { formatArguments } from './console.ts';

declare module '../../contracts/host.ts' {
  interface CallOps {
    /** Reads a file for `open()`: text, or bytes when asked for. Relative names start at `dir`. */
    'script.open': {
      arg: { readonly name: string; readonly dir: string; readonly binary: boolean };
      result: string | Uint8Array;
    };
    /** `import.meta.resolve`: the URL a specifier means in the module with this URL. */
    'script.resolve': { arg: { readonly specifier: string; readonly url: string }; result: string };
  }
}

const levels = { debug: 'debug', error: 'error', info: 'info', log: 'info', warn: 'warning' } as const;

export function createConsole(ctx: GuestContext): Record<string, ScriptFunction> {
  const console: Record<string, ScriptFunction> = {};
  for (const [name, level] of Object.entries(levels)) {
    console[name] = native(name, 0, (...args) => {
      ctx.host.log(level, formatArguments(args), 'console');
    });
  }
  return console;
}

/** @param dir where relative names start */
export function createOpen(ctx: GuestContext, dir: string): ScriptFunction {
  return native('open', 2, (name, mode) => {
    if (ctx.stage !== 'init') {
      throw new GoError(
        'the "open" function is only available in the init stage (i.e. the global scope), see https://grafana.com/docs/k6/latest/using-k6/test-lifecycle for more information',
      );
    }
    if (name === undefined || name === null) throw new GoError("open() can't be used with an empty filename");
    const content = ctx.call('script.open', { name: textOf(name), dir, binary: mode === 'b' });
    return typeof content === 'string' ? content : copyBytes(content);
  });
}

/** What the realm's global names stand for at the moment: the VU whose code runs. */
export interface CurrentVu {
  readonly ctx: GuestContext;
  readonly globals: object;
  require(specifier: unknown): unknown;
}

/** Names whose value belongs to the VU; a script may shadow them by writing to them. */
const perVu = ['console', 'open', 'crypto', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'];
const perVuReadOnly = ['__ENV', '__VU', '__ITER'];

/** @param current the VU whose code runs; asked at each use of a name */
export function installGlobals(current: () => CurrentVu): void {
  for (const name of [...perVu, ...perVuReadOnly]) {
    Object.defineProperty(globalThis, name, {
      get: () => Reflect.get(current().globals, name) as unknown,
      set: (value: unknown) => {
        Object.defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
      },
      enumerable: true,
      configurable: true,
    });
  }
  Object.defineProperty(globalThis, 'require', {
    value: native('require', 1, (specifier) => current().require(specifier)),
    writable: true,
    enumerable: true,
    configurable: true,
  });
  for (const name of ['module', 'exports']) {
    Object.defineProperty(globalThis, name, {
      get: () => {
        throw new GoError(
          `you are trying to access identifier "${name}", this likely is due to mixing ECMAScript Modules (ESM) and CommonJS syntax. This isn't supported in the JavaScript standard, please use only one or the other`,
        );
      },
      configurable: true,
    });
  }
}
