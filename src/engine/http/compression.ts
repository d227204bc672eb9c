/** Content codings: gzip, deflate, br, zstd. */
import zlib from 'node:zlib';
import { ErrorCode, ExchangeError } from './errors.ts';

type Decoded = (error: ExchangeError | undefined, body: Buffer) => void;

/** Up to here decoding on the spot is cheaper than a trip to the thread pool. */
const MAX_SYNC = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** Encodes a request body, the codings in order. */
export function encodeBody(body: string | Uint8Array, codings: readonly string[], done: (body: Buffer) => void): void {
  let bytes = Buffer.from(body as Uint8Array);
  const step = (index: number): void => {
    const coding = codings[index];
    if (coding === undefined) {
      done(bytes);
      return;
    }
    if (coding === 'zstd') {
      void loadZstd().then((zstd) => {
        bytes = Buffer.from(zstd.compress(bytes));
        step(index + 1);
      });
      return;
    }
    if (coding === 'gzip') bytes = zlib.gzipSync(bytes);
    else if (coding === 'deflate') bytes = zlib.deflateSync(bytes);
    else if (coding === 'br') bytes = zlib.brotliCompressSync(bytes);
    step(index + 1);
  };
  step(0);
}

/** True when k6 decodes this Content-Encoding; other bodies are left as they are. */
export function decodes(coding: string): boolean {
  return coding === 'gzip' || coding === 'deflate' || coding === 'br' || coding === 'zstd';
}

/** Calls `done`, at once for small bodies. */
export function decodeBody(coding: string, body: Buffer, done: Decoded): void {
  if (body.length === 0) {
    done(undefined, EMPTY);
    return;
  }
  if (coding === 'zstd') {
    loadZstd().then(
      (zstd) => {
        let decoded: Buffer;
        try {
          decoded = Buffer.from(zstd.decompress(body));
        } catch (error) {
          done(broken((error as Error).message), EMPTY);
          return;
        }
        done(undefined, decoded);
      },
      (error: unknown) => done(broken(String(error)), EMPTY),
    );
    return;
  }
  if (body.length > MAX_SYNC) {
    const decode = coding === 'gzip' ? zlib.gunzip : coding === 'deflate' ? zlib.inflate : zlib.brotliDecompress;
    decode(body, (error, decoded) =>
      done(error === null ? undefined : broken(error.message), error === null ? decoded : EMPTY),
    );
    return;
  }
  const decode =
    coding === 'gzip' ? zlib.gunzipSync : coding === 'deflate' ? zlib.inflateSync : zlib.brotliDecompressSync;
  let decoded: Buffer;
  try {
    decoded = decode(body);
  } catch (error) {
    done(broken((error as Error).message), EMPTY);
    return;
  }
  done(undefined, decoded);
}

function broken(reason: string): ExchangeError {
  return new ExchangeError(
    ErrorCode.decompression,
    'error decompressing response body',
    `error decompressing response body (${reason})`,
  );
}

interface Zstd {
  compress(data: Uint8Array): Uint8Array;
  decompress(data: Uint8Array): Uint8Array;
}

let zstd: Promise<Zstd> | undefined;

/** WebAssembly, loaded when first needed: Node 20 has no zstd of its own. */
function loadZstd(): Promise<Zstd> {
  zstd ??= import('@hpcc-js/wasm-zstd').then(({ Zstd: library }) => library.load());
  return zstd;
}
