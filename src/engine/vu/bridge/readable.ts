/** Waiting for a socket without an event loop, which Node itself cannot do. */
import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';

/**
 * @param fd of a socket
 * @param timeout whole milliseconds
 * @returns whether there is something to read, be it an error or the end
 */
export type WaitReadable = (fd: number, timeout: number) => boolean;

const require = createRequire(import.meta.url);
/** Of `struct pollfd`: descriptor, wanted and returned events. */
const POLLFD_BYTES = 8;
const POLLIN = 1;

/** Whether there is a hope of waiting here: the library is optional, and Windows has no descriptors. */
export function canWait(): boolean {
  if (process.platform === 'win32') return false;
  try {
    require.resolve('koffi');
    return true;
  } catch {
    return false;
  }
}

/** poll(2) of the C library; undefined where it cannot be called. */
export function loadWait(): WaitReadable | undefined {
  try {
    const koffi = require('koffi') as typeof Koffi;
    const poll = koffi.load(null).func('int poll(void *fds, unsigned long nfds, int timeout)') as (
      fds: Buffer,
      count: number,
      timeout: number,
    ) => number;
    const fds = Buffer.alloc(POLLFD_BYTES);
    const view = new DataView(fds.buffer, fds.byteOffset, POLLFD_BYTES);
    const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
    view.setInt16(4, POLLIN, littleEndian);
    return (fd, timeout) => {
      view.setInt32(0, fd, littleEndian);
      return poll(fds, 1, timeout) > 0;
    };
  } catch {
    return undefined;
  }
}
