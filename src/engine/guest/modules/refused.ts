/** Modules of k6 this engine does not have: importing one ends the run at once, with a way out. */
import { GoError, type ModuleFactory } from '../runtime/api.ts';

/** Specifier → why. */
export const REFUSED_MODULES: Readonly<Record<string, string>> = {
  'k6/browser': 'it drives a browser',
  'k6/experimental/browser': 'it drives a browser',
  'k6/experimental/redis': 'the embedded engine has no Redis client',
  'k6/experimental/tracing': 'k6 itself removed it; use the jslib http-instrumentation-tempo',
};

export const refusedModule =
  (specifier: string, why: string): ModuleFactory =>
  () => {
    throw new GoError(`the module "${specifier}" is not available (${why}): run this script with --engine k6`);
  };

export const refusedFactories: Readonly<Record<string, ModuleFactory>> = Object.fromEntries(
  Object.entries(REFUSED_MODULES).map(([specifier, why]) => [specifier, refusedModule(specifier, why)]),
);
