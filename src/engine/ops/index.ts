/** Handlers of the host operations, by name: one line a family. */
import type { AsyncOp, AsyncOpHandler, CallOp, CallOpHandler } from '../contracts/host.ts';
import { sleep } from './sleep.ts';

/** The handlers an engine thread knows; the scheduler adds those that need its state. */
export interface OpHandlers {
  readonly async: { readonly [O in AsyncOp]?: AsyncOpHandler<O> };
  readonly call: { readonly [O in CallOp]?: CallOpHandler<O> };
}

export const opHandlers: OpHandlers = {
  async: { sleep },
  call: {},
};
