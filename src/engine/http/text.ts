/** Bytes of the network as strings of a script. */
import { isAscii } from 'node:buffer';

/** UTF-8 with one U+FFFD for each byte that fits nowhere, as Go strings become script strings. */
export function decodeText(buffer: Buffer, from: number, to: number): string {
  const view = buffer.subarray(from, to);
  if (isAscii(view)) return buffer.toString('latin1', from, to);
  const text = buffer.toString('utf8', from, to);
  return text.includes('\ufffd') ? decodeBroken(view) : text;
}

/** Decoders of the web replace the longest beginning of a sequence at once; here each of its bytes counts. */
function decodeBroken(bytes: Buffer): string {
  let text = '';
  let good = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += `${bytes.toString('utf8', good, at)}\ufffd`;
    good = ++at;
  }
  return text + bytes.toString('utf8', good, bytes.length);
}

/** Length of the well-formed sequence at `at` (Unicode, table 3-7), 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  for (let k = 1; k < length; k++) {
    const byte = bytes[at + k] ?? 0;
    let low = 0x80;
    let high = 0xbf;
    if (k === 1) {
      if (first === 0xe0) low = 0xa0;
      else if (first === 0xf0) low = 0x90;
      else if (first === 0xed) high = 0x9f;
      else if (first === 0xf4) high = 0x8f;
    }
    if (byte < low || byte > high) return 0;
  }
  return length;
}
