/** The runtime of the fast form: fibers, and builtins that can wait for their callbacks. */
import type { CreateFibers } from '../suspend.ts';
import { installBuiltins } from './builtins/install.ts';
import { Fibers } from './fibers.ts';
import { programRuntime } from './program.ts';

export const createFibers: CreateFibers = (host, unhandled, reason = () => undefined) => {
  installBuiltins();
  const runtime = new Fibers(host, unhandled, reason);
  return {
    runtime,
    env: programRuntime({ turn: () => runtime.turn() }, () => runtime.promises),
    get promise() {
      return runtime.promises.constructor_;
    },
    halt: () => {
      runtime.halt();
    },
  };
};
