/** The runtime of the fast form: fibers, and builtins that can wait for their callbacks. */
import type { CreateFibers } from '../suspend.ts';
import { installBuiltins } from './builtins/install.ts';
import { Fibers } from './fibers.ts';
import { programRuntime } from './program.ts';

export { installBuiltins, installSorting } from './builtins/install.ts';

export const createFibers: CreateFibers = (host) => {
  installBuiltins();
  const runtime = new Fibers(host);
  return {
    runtime,
    env: programRuntime({ caught: (error) => error, tick: () => undefined, turn: () => undefined }),
    promise: Promise,
    halt: () => {
      runtime.abandon();
    },
  };
};
