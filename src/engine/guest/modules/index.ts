/** The k6 modules by import specifier, one line each. */
import type { ModuleFactory } from '../runtime/api.ts';

export const moduleFactories: Readonly<Record<string, ModuleFactory>> = {
  __proto__: null as never,
};
