/** The option httpDebug: requests and responses in the log, as they are on the wire. */
import type { VuIo } from '../contracts/host.ts';
import type { ResponseHead } from './head.ts';

type Detail = 'headers' | 'full';

export function debugRequest(io: VuIo, head: string, body: string | Uint8Array | undefined, detail: Detail): void {
  const text = detail === 'full' && body !== undefined ? Buffer.from(body as string).toString() : '';
  io.log('info', `Request:\n${head}${text}\n`, { source: 'http-debug' });
}

export function debugResponse(io: VuIo, head: ResponseHead, body: string, detail: Detail): void {
  const text = `${head.proto} ${head.status}\r\n${head.lines}\r\n${detail === 'full' ? body : ''}`;
  io.log('info', `Response:\n${text}\n`, { source: 'http-debug' });
}
