import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { leanHeap } from '../../../src/engine/execution/lean-heap.ts';
import { distFile, guestCode } from '../../../src/engine/vu/realm.ts';

/** What V8 says to the compiled guest that a new thread would take. */
function inThread(): Promise<boolean> {
  const code = `
    const { readFileSync } = require('node:fs');
    const { cachedDataVersionTag } = require('node:v8');
    const { parentPort, workerData } = require('node:worker_threads');
    const { Script } = require('node:vm');
    const cachedData = readFileSync(workerData.replace(/js$/, cachedDataVersionTag() + '.cache'));
    const script = new Script(readFileSync(workerData, 'utf8'), { filename: 'gravl-k6:guest', cachedData });
    parentPort.postMessage(script.cachedDataRejected);`;
  return new Promise((resolve, reject) => {
    const resourceLimits = { maxOldGenerationSizeMb: 1024 };
    const worker = new Worker(code, { eval: true, workerData: distFile('guest.js'), resourceLimits });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

it('the guest is not compiled again, neither under the flags of the engine nor in its threads', async () => {
  expect(await inThread()).toBe(false);
  leanHeap();
  expect(guestCode().cachedDataRejected).toBe(false);
  expect(await inThread()).toBe(false);
});
