/** Entry of the thread that keeps the time; see timekeeper.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { monotonic } from './monotonic.ts';
import { TimeCell, type TimekeeperMemory, WordCell } from './timekeeper-memory.ts';

/** Sleeps no longer than this (milliseconds), so that no order in which processors see memory can silence it for good. */
const LONGEST_SLEEP = 100;

const { times, words } = workerData as TimekeeperMemory;
parentPort?.postMessage('keeping');

for (;;) {
  const version = Atomics.load(words, WordCell.version);
  const armed = Atomics.load(words, WordCell.armed) === 1;
  const due = times[TimeCell.due] as number;
  const now = monotonic();
  if (armed && due <= now) {
    Atomics.store(words, WordCell.armed, 0);
    Atomics.store(words, WordCell.ringing, 1);
    Atomics.notify(words, WordCell.ringing);
    continue;
  }
  const next = times[TimeCell.next] as number;
  const until = armed ? due : next > now ? next : Infinity;
  times[TimeCell.asleepUntil] = until;
  Atomics.wait(words, WordCell.version, version, Math.min(until - now, LONGEST_SLEEP));
}
