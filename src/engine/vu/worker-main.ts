/** The thread of one VU in exact mode: it really blocks. Its only partner is the engine thread. */
import { workerData } from 'node:worker_threads';
import type { GuestOutcome } from '../guest/main.ts';
import { InternedTagSet, ThreadTagSpace } from '../metrics/tags.ts';
import { WorkerChannel } from './bridge/channel.ts';
import { Leaseholder } from './bridge/leaseholder.ts';
import type { WorkerInput } from './bridge/protocol.ts';
import { Encoder } from './bridge/wire.ts';
import { WorkerHost } from './bridge/worker-host.ts';
import { createRealm } from './realm.ts';

const { program, config, wantedTags, counters, memory, bell, number, port } = workerData as WorkerInput;

const tagSpace = new ThreadTagSpace(wantedTags);
const realm = createRealm();
const encoder = new Encoder((value) => value instanceof InternedTagSet);
const channel = new WorkerChannel(memory, bell, number, port);
const host = new WorkerHost(channel, new Leaseholder(counters, channel), encoder, tagSpace, () => vu.tagState());
const baseTags = tagSpace.intern(Object.entries(config.tags));
const vu = realm.guest.createVu(host, { ...config, baseTags }, undefined);

// The reason is the script's: it is handed on unread.
process.on('unhandledRejection', (reason) => {
  vu.fail(reason, true);
});

const ended = (outcome: GuestOutcome): void => {
  host.ended(outcome);
};

/** Each turn is one macrotask of the script; its microtasks have run when the next one begins. */
const turn = (): void => {
  vu.turn();
  const event = host.idle();
  if (event.kind === 'run') vu.run(event.call, ended);
  else event.run();
  setImmediate(turn);
};

vu.load(() => realm.compile(program), ended);
setImmediate(turn);
