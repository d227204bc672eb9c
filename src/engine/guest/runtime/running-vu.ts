import type { GuestContext } from './context.ts';

let running: GuestContext | undefined;

/** Told before any code of a VU runs: what all VUs of a realm share then knows whose code it serves. */
export function enterVu(ctx: GuestContext): void {
  running = ctx;
}

export function runningVu(): GuestContext {
  if (running === undefined) throw new Error('no VU is running');
  return running;
}
