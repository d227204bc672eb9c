import type { AsyncOpHandler } from '../contracts/host.ts';

declare module '../contracts/host.ts' {
  interface AsyncOps {
    /** Lets everything else on the thread have its turn: for loops that never wait. */
    'vu.turn': { arg: undefined; result: undefined };
  }
}

export const turn: AsyncOpHandler<'vu.turn'> = (_io, _arg, done) => {
  const handle = setImmediate(() => {
    done({ ok: true, value: undefined });
  });
  return () => {
    clearImmediate(handle);
  };
};
