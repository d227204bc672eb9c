/**
 * Interrupts a script that never gives way. An endless loop holds its whole thread, timers and signals included, so a
 * thread of its own watches the heartbeat and, when the time for the work is over, has V8 end the running JavaScript:
 * nothing of the script runs any more, not even finally blocks, and the event loop goes on with everything else.
 */
import type { Worker } from 'node:worker_threads';
import { leanHeap } from './lean-heap.ts';
import { monotonic } from './monotonic.ts';
import { smallThread } from './small-thread.ts';

const HEARTBEAT_MS = 100;

/** Cells of the memory shared with the watching thread. */
export const WatchdogCell = { heartbeat: 0, deadline: 1, interrupted: 2 } as const;
export const WATCHDOG_BYTES = 3 * Float64Array.BYTES_PER_ELEMENT;

export class Watchdog {
  readonly #cells = new Float64Array(new SharedArrayBuffer(WATCHDOG_BYTES));
  readonly #onInterrupt: () => void;
  #worker: Worker | undefined;
  #started: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #seen = 0;

  /** @param onInterrupt called once the event loop runs again */
  constructor(onInterrupt: () => void) {
    this.#onInterrupt = onInterrupt;
    this.#cells[WatchdogCell.deadline] = Infinity;
  }

  /** Begins to watch the main thread; settles when the watching thread no longer competes for a processor. */
  start(): Promise<void> {
    return (this.#started ??= this.#start());
  }

  #start(): Promise<void> {
    allowInterruption();
    this.#beat();
    this.#timer = setInterval(() => {
      this.#beat();
      leanHeap();
    }, HEARTBEAT_MS);
    this.#timer.unref();
    const worker = smallThread('watchdog.js', this.#cells.buffer);
    this.#worker = worker;
    return new Promise((resolve) => {
      const settle = (): void => {
        resolve();
      };
      worker.once('message', settle);
      // Without it the run goes on as well; only an endless loop would not end.
      worker.on('error', settle);
      worker.once('exit', settle);
    });
  }

  /** @param ms from now on; after it nothing should be running any more */
  setDeadline(ms: number): void {
    this.#cells[WatchdogCell.deadline] = monotonic() + ms;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#worker?.terminate();
  }

  #beat(): void {
    this.#cells[WatchdogCell.heartbeat] = monotonic();
    const interrupted = this.#cells[WatchdogCell.interrupted] ?? 0;
    if (interrupted === this.#seen) return;
    this.#seen = interrupted;
    this.#onInterrupt();
  }
}

const LOOP = /\b(?:for|while)\s*\(|\bdo\s*\{/;
/** What backtracks, and what calls back for each of many elements. */
const LONG_CALL =
  /\b(?:test|exec|match|matchAll|search|replace|replaceAll|split|forEach|map|filter|reduce|reduceRight|some|every|find\w*|flatMap|sort|toSorted|from|eval|Function)\b|\[Symbol\./;
/** A function that is called by its name after it began: perhaps by itself. */
const RECURSION =
  /\bfunction\s*\*?\s*([\w$]+)\s*\((?=[^]*?\W\1\s*\()|\b([\w$]+)\s*=\s*(?:async\s*)?(?:\([^()]*\)|\w+)\s*=>(?=[^]*?\W\2\s*\()/;

/** Whether a program has anything that could run without end: watching costs a thread, which short runs may be spared. */
export function mayHoldItsThread(code: string): boolean {
  return LOOP.test(code) || LONG_CALL.test(code) || RECURSION.test(code);
}

interface AsyncWrap {
  readonly constants: { readonly kCheck: number };
  readonly async_hook_fields: Uint32Array;
}

/**
 * JavaScript that V8 ends skips Node's own finally blocks, and Node would take the imbalance of its async-hooks
 * bookkeeping for corruption and end the process. The check is switched off as --no-force-async-hooks-checks does;
 * nothing here uses async hooks. On a Node where this is not possible, that check ends the process instead.
 */
function allowInterruption(): void {
  const node = process as unknown as { binding(name: string): AsyncWrap; noDeprecation?: boolean };
  const before = node.noDeprecation;
  try {
    node.noDeprecation = true;
    const { constants, async_hook_fields: fields } = node.binding('async_wrap');
    fields[constants.kCheck] = 0;
  } catch {
    // See above.
  } finally {
    if (before === undefined) delete node.noDeprecation;
    else node.noDeprecation = before;
  }
}
