import { performance } from 'node:perf_hooks';

/** Read once: the property is a getter. */
const ORIGIN = performance.timeOrigin;

/** Wall-clock milliseconds, from a monotonic clock. */
export const now = (): number => ORIGIN + performance.now();
