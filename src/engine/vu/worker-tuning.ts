/** Settings for threads that each compile the same code for themselves; what they bring: docs/performance.md. */
import os from 'node:os';
import { setFlagsFromString } from 'node:v8';

/** Below the threads that compile for them and the one that serves them, or those would wait for the very thread that waits for them. */
const NICENESS = 10;

/** To be called on the thread of a VU. */
export function giveWay(): void {
  // Elsewhere it would be the whole process.
  if (process.platform !== 'linux') return;
  try {
    os.setPriority(0, NICENESS);
  } catch {
    // Not allowed here.
  }
}

/**
 * V8 waits until a function has run so often that it is sure of what to make of it. Ten threads then wait ten times for the
 * same few functions. Later than the first VUs: what V8 has compiled before is of no use to threads that start after it.
 */
export function compileEarly(): void {
  setFlagsFromString('--interrupt-budget=10000');
}
