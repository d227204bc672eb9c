/** The runtime of the fast form: fibers, and builtins that can wait for their callbacks. */
import type { CreateFibers, FiberControl } from '../suspend.ts';
import { installBuiltins } from './builtins/install.ts';
import { Fibers } from './fibers.ts';
import { programRuntime } from './program.ts';

export const createFibers: CreateFibers = (host, unhandled, reason = () => undefined) => {
  installBuiltins();
  return new VuFibers(new Fibers(host, unhandled, reason));
};

class VuFibers implements FiberControl {
  readonly runtime: Fibers;
  readonly env: object;

  constructor(runtime: Fibers) {
    this.runtime = runtime;
    this.env = programRuntime(runtime);
  }

  get promise(): unknown {
    return this.runtime.promises.constructor_;
  }

  halt(): void {
    this.runtime.halt();
  }
}
