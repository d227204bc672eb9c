/** Immutable bytes with a type, as in the File API; what k6/websockets gives for binary messages. */
import { type GuestContext, promiseOf } from '../../runtime/api.ts';
import { asText, describe, utf8Decode, utf8Encode, viewOf } from '../bytes.ts';
import { createStreams } from '../streams/index.ts';

let bytesOfBlob: (blob: Blob) => Uint8Array<ArrayBuffer>;

/** Plain part; the methods that give promises are added per VU. */
export class Blob {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly size: number;

  static {
    bytesOfBlob = (blob) => blob.#bytes;
  }

  constructor(parts?: unknown, options?: { readonly type?: unknown }) {
    if (parts !== undefined && !Array.isArray(parts))
      throw new TypeError('the first argument of Blob must be an array');
    this.#bytes = join((parts ?? []) as readonly unknown[]);
    this.type = options?.type === undefined ? '' : asText(options.type).toLowerCase();
    this.size = this.#bytes.length;
  }
}

/** The bytes themselves: never handed to a script. */
export const blobBytes = (value: unknown): Uint8Array<ArrayBuffer> | undefined =>
  value instanceof Blob ? bytesOfBlob(value) : undefined;

function join(parts: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const views = parts.map((part) => {
    if (typeof part === 'string') return utf8Encode(part);
    const view = blobBytes(part) ?? viewOf(part);
    if (!view) throw new TypeError(`a part of a Blob must be a string, a buffer or a Blob, not ${describe(part)}`);
    return view;
  });
  const joined = new Uint8Array(views.reduce((sum, view) => sum + view.length, 0));
  let at = 0;
  for (const view of views) {
    joined.set(view, at);
    at += view.length;
  }
  return joined;
}

export function createBlob(ctx: GuestContext): typeof Blob {
  const { ReadableStream } = createStreams(ctx);
  const VuBlob = class extends Blob {
    arrayBuffer(): Promise<ArrayBuffer> {
      return promiseOf(ctx, () => bytesOfBlob(this).slice().buffer);
    }
    bytes(): Promise<Uint8Array> {
      return promiseOf(ctx, () => bytesOfBlob(this).slice());
    }
    text(): Promise<string> {
      return promiseOf(ctx, () => utf8Decode(bytesOfBlob(this), 'maximal'));
    }
    slice(start?: number, end?: number, type?: string): Blob {
      return new VuBlob([bytesOfBlob(this).slice(start, end)], { type: type ?? '' });
    }
    stream(): object {
      const bytes = bytesOfBlob(this).slice();
      return new ReadableStream({
        start(controller: { enqueue(chunk: unknown): void; close(): void }) {
          if (bytes.length > 0) controller.enqueue(bytes);
          controller.close();
        },
      });
    }
  };
  Object.defineProperty(VuBlob, 'name', { value: 'Blob' });
  return VuBlob;
}
