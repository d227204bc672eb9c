/** The thread of one VU in exact mode: it really blocks. Its only partner is the engine thread. */
import { promiseHooks } from 'node:v8';
import { workerData } from 'node:worker_threads';
import type { GuestOutcome } from '../guest/main.ts';
import { InternedTagSet, ThreadTagSpace } from '../metrics/tags.ts';
import { WorkerChannel } from './bridge/channel.ts';
import { Leaseholder } from './bridge/leaseholder.ts';
import type { WorkerInput } from './bridge/protocol.ts';
import { Encoder } from './bridge/wire.ts';
import { WorkerHost } from './bridge/worker-host.ts';
import { createRealm } from './realm.ts';
import { giveWay } from './worker-tuning.ts';

const { program, config, wantedTags, counters, borrows, memory, bell, number, port } = workerData as WorkerInput;

giveWay();
const tagSpace = new ThreadTagSpace(wantedTags);
const realm = createRealm();
const encoder = new Encoder((value) => value instanceof InternedTagSet);
const channel = new WorkerChannel(memory, bell, number, port);
const host = new WorkerHost(channel, new Leaseholder(counters, channel), borrows, encoder, tagSpace, () =>
  vu.tagState(),
);
const baseTags = tagSpace.intern(Object.entries(config.tags));
const vu = realm.guest.createVu(host, { ...config, baseTags }, undefined);

// The reason is the script's: it is handed on unread.
process.on('unhandledRejection', (reason) => {
  vu.fail(reason, true);
});

const ended = (outcome: GuestOutcome): void => {
  host.ended(outcome);
};

/** Turns before the thread's own loop has one again, which runs what V8 and finalizers have put off until then. */
const TURNS_IN_A_ROW = 256;

/** The script has made a promise: from now on there may be microtasks. */
let promises = false;
const watchPromises = (): (() => void) => {
  const stop = promiseHooks.onInit(() => {
    promises = true;
    stop();
  }) as () => void;
  return stop;
};

/**
 * Each turn is one macrotask of the script; its microtasks have run when the next one begins. Where there can be none, the
 * thread's own loop is left out: it took a third of an iteration.
 */
const turn = (): void => {
  let turns = 0;
  do {
    vu.turn();
    const event = host.idle();
    if (event.kind === 'run') vu.run(event.call, ended);
    else event.run();
  } while (!promises && ++turns < TURNS_IN_A_ROW);
  setImmediate(turn);
};

// Not between loading and the first turn: this thread's own start makes promises there.
const unwatch = watchPromises();
vu.load(() => realm.compile(program), ended);
unwatch();
setImmediate(() => {
  if (!promises) watchPromises();
  turn();
});
