/**
 * Exports that a VU gets when its script first reads them. A module is dozens of functions of which a script uses two or
 * three, and there may be thousands of VUs. The properties are accessors that all VUs of the realm share, so that a VU
 * costs neither functions nor an object shape of its own; one that a script assigns to becomes an ordinary property.
 */
import type { GuestContext } from './context.ts';
import { runningVu } from './running-vu.ts';

/** A module's state in one VU, and the exports made so far. */
interface Made {
  readonly state: unknown;
  readonly exports: Record<string, unknown>;
}

/** Of one VU, by module. */
export interface LazyModules {
  k6: Made | undefined;
  'k6/http': Made | undefined;
  'k6/metrics': Made | undefined;
}

export const noLazyModules = (): LazyModules => ({ k6: undefined, 'k6/http': undefined, 'k6/metrics': undefined });

const { assign, defineProperties, defineProperty } = Object;

/**
 * Makes a module factory.
 * @param makers how each export is made; the same value is both a named export and a property of the default one
 */
export function lazyModule<S>(
  module: keyof LazyModules,
  begin: (ctx: GuestContext) => S,
  makers: Readonly<Record<string, (state: S) => unknown>>,
  constants: Readonly<Record<string, unknown>> = {},
): (ctx: GuestContext) => Record<string, unknown> {
  const accessors: PropertyDescriptorMap = {};
  for (const name of Object.keys(makers)) {
    const make = makers[name] as (state: S) => unknown;
    accessors[name] = {
      enumerable: true,
      configurable: true,
      get: () => {
        const { state, exports } = runningVu().lazy[module] as Made;
        return (exports[name] ??= make(state as S));
      },
      set(this: object, value: unknown) {
        defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
      },
    };
  }
  const empty = Object.fromEntries(Object.keys(makers).map((name) => [name, undefined]));
  const object = (): Record<string, unknown> => defineProperties(assign({}, constants), accessors);
  return (ctx) => {
    ctx.lazy[module] = { state: begin(ctx), exports: { ...empty } };
    const named = object();
    named['default'] = object();
    return named;
  };
}
