/** Entry of the watching thread; see watchdog.ts. */
import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { WatchdogCell } from './watchdog.ts';

const CHECK_MS = 250;
/** No heartbeat for this long means that the main thread stands still. */
const STILL_MS = 1000;
/** However much time a scenario has left, one turn of the event loop that takes longer than this is no work any more. */
const LONGEST_TURN_MS = 60_000;

const cells = new Float64Array(workerData as SharedArrayBuffer);
const session = new Session();
session.connectToMainThread();

setInterval(() => {
  const now = Date.now();
  const still = now - (cells[WatchdogCell.heartbeat] ?? now);
  const overdue = now > (cells[WatchdogCell.deadline] ?? Infinity) && still > STILL_MS;
  if (!overdue && still <= LONGEST_TURN_MS) return;
  cells[WatchdogCell.heartbeat] = now;
  cells[WatchdogCell.interrupted] = (cells[WatchdogCell.interrupted] ?? 0) + 1;
  session.post('Runtime.terminateExecution');
}, CHECK_MS);
