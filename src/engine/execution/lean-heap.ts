/** Settings of V8's heap for a process that may hold thousands of VUs and makes little garbage for each request. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Keeps the young generation at the size it has (V8 would let it grow to three times 16 MB when many VUs are made), and
 * collects the old one when it has grown by a fifth, not by up to three times. A young generation that small is collected by
 * this thread alone: waking others for it takes longer than the work they could take over. Measured in docs/performance.md: no
 * throughput is lost. To be called again now and then: V8 forgets the first when a thread is made.
 */
export function leanHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--no-parallel-scavenge');
}

let collect: (() => void) | undefined;

/**
 * Collects garbage now. Making VUs brings the heap near the size at which V8 would do so, which would be in the first
 * moments of the load and make its first requests late.
 */
export function settleHeap(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
    // Contexts made later are not to have it, and what V8 has compiled before is of use under the same flags only.
    setFlagsFromString('--no-expose-gc');
  }
  collect();
}
