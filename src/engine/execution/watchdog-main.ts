/** Entry of the watching thread; see watchdog.ts. */
import { Session } from 'node:inspector';
import { constants } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { monotonic } from './monotonic.ts';
import { WatchdogCell } from './watchdog.ts';

const CHECK_MS = 250;
/** No heartbeat for this long means that the main thread stands still. */
const STILL_MS = 1000;
/** The main thread beats and has had this long: it has heard a signal. */
const HEARD_MS = 3000;
/** However much time a scenario has left, one turn of the event loop that takes longer than this is no work any more. */
const LONGEST_TURN_MS = 60_000;

const cells = new Float64Array(workerData as SharedArrayBuffer);
const session = new Session();
session.connectToMainThread();

/** When the user asked for the end of the run, until the main thread has heard it too. */
let asked = Infinity;
hearSignals(() => {
  asked = monotonic();
});

parentPort?.postMessage('watching');

setInterval(() => {
  const now = monotonic();
  const heartbeat = cells[WatchdogCell.heartbeat] ?? now;
  const still = now - heartbeat;
  if (still <= STILL_MS && now - asked > HEARD_MS) asked = Infinity;
  const overdue = now > Math.min(cells[WatchdogCell.deadline] ?? Infinity, asked) && still > STILL_MS;
  if (!overdue && still <= LONGEST_TURN_MS) return;
  // The next VU in line may do the same: it is not given as long.
  cells[WatchdogCell.heartbeat] = now - STILL_MS;
  cells[WatchdogCell.interrupted] = (cells[WatchdogCell.interrupted] ?? 0) + 1;
  session.post('Runtime.terminateExecution');
}, CHECK_MS);

interface SignalWrap {
  readonly Signal: new () => { onsignal: () => void; unref(): void; start(signal: number): number };
}

/**
 * The main thread cannot hear a signal while it stands still. Node offers signals to the main thread only, though libuv
 * hands them to every loop that asks; on a Node where this is not possible, only the deadline ends an endless loop.
 */
function hearSignals(onSignal: () => void): void {
  try {
    process.noDeprecation = true;
    const { Signal } = (process as unknown as { binding(name: string): SignalWrap }).binding('signal_wrap');
    for (const signal of [constants.signals.SIGINT, constants.signals.SIGTERM]) {
      const handle = new Signal();
      handle.onsignal = onSignal;
      handle.unref();
      handle.start(signal);
    }
  } catch {
    // See above.
  }
}
