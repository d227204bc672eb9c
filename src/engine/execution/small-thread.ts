import { Worker } from 'node:worker_threads';
import { distFile } from './dist-file.ts';

/** Starts a thread of dist with a heap as small as they get, which does not keep the process alive. */
export function smallThread(file: string, workerData: unknown): Worker {
  const worker = new Worker(distFile(file), {
    workerData,
    stdout: false,
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32, stackSizeMb: 1 },
  });
  worker.unref();
  return worker;
}
