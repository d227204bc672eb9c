/** Reads the lines of a file while another process writes it. */
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from '../errors.ts';

const pauseMs = 200;
const chunkBytes = 1 << 20;

/** Calls `onLine` for each complete line, until `writer` has settled and everything is read. */
export async function followLines(
  file: string,
  writer: Promise<unknown>,
  onLine: (line: string) => void,
): Promise<void> {
  const state = { over: false };
  const ended = writer.then(
    () => (state.over = true),
    () => (state.over = true),
  );
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  let rest = Buffer.alloc(0);
  let position = 0;
  try {
    for (;;) {
      // Asked before reading: what was written before the end is read after it.
      const last = state.over;
      handle ??= await openIfThere(file);
      let bytesRead = 0;
      if (handle !== undefined) ({ bytesRead } = await handle.read(buffer, 0, chunkBytes, position));
      position += bytesRead;
      rest = eachLine(Buffer.concat([rest, buffer.subarray(0, bytesRead)]), onLine);
      if (bytesRead > 0) continue;
      if (last) break;
      await Promise.race([delay(pauseMs), ended]);
    }
    if (rest.length > 0) onLine(rest.toString());
  } finally {
    await handle?.close();
  }
}

async function openIfThere(file: string): Promise<Awaited<ReturnType<typeof open>> | undefined> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function eachLine(bytes: Buffer, onLine: (line: string) => void): Buffer<ArrayBuffer> {
  let from = 0;
  for (let end = bytes.indexOf(10, from); end !== -1; end = bytes.indexOf(10, from)) {
    if (end > from) onLine(bytes.toString('utf8', from, end));
    from = end + 1;
  }
  return Buffer.from(bytes.subarray(from));
}
