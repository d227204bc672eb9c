/**
 * The store behind k6/data's SharedArray: every array is kept once per run, as the UTF-8 JSON of its elements in
 * shared memory, whatever the number of VUs and threads.
 */
import type { CallOpHandler, Outcome } from '../contracts/host.ts';

declare module '../contracts/host.ts' {
  interface CallOps {
    /** Keeps the elements (JSON texts) under a name; the first definition of a name wins. Returns the length. */
    'data.shared.define': { arg: { readonly name: string; readonly elements: readonly string[] }; result: number };
    /** Number of elements, or -1 when nothing has that name. */
    'data.shared.length': { arg: string; result: number };
    /** JSON text of one element; the index must be in range. */
    'data.shared.get': { arg: { readonly name: string; readonly index: number }; result: string };
  }
}

/** One array in shared memory: structured-cloneable without copying the bytes. */
export interface SharedArrayImage {
  readonly bytes: SharedArrayBuffer;
  /** Uint32 byte offsets, one more than there are elements. */
  readonly offsets: SharedArrayBuffer;
}
export type SharedDataImage = Readonly<Record<string, SharedArrayImage>>;

interface Entry {
  readonly image: SharedArrayImage;
  readonly bytes: Buffer;
  readonly offsets: Uint32Array;
}

const entryOf = (image: SharedArrayImage): Entry => ({
  image,
  bytes: Buffer.from(image.bytes),
  offsets: new Uint32Array(image.offsets),
});

function pack(elements: readonly string[]): SharedArrayImage {
  const offsets = new SharedArrayBuffer((elements.length + 1) * Uint32Array.BYTES_PER_ELEMENT);
  const marks = new Uint32Array(offsets);
  let total = 0;
  elements.forEach((element, i) => {
    total += Buffer.byteLength(element);
    if (total > 0xffffffff) throw new RangeError('a SharedArray holds at most 4 GiB of JSON');
    marks[i + 1] = total;
  });
  const bytes = new SharedArrayBuffer(total);
  const view = Buffer.from(bytes);
  elements.forEach((element, i) => view.write(element, marks[i] ?? 0));
  return { bytes, offsets };
}

/** The arrays of one run on one thread. */
export class SharedData {
  readonly #entries = new Map<string, Entry>();

  define(name: string, elements: readonly string[]): number {
    const found = this.#entries.get(name);
    if (!found) this.#entries.set(name, entryOf(pack(elements)));
    return this.length(name);
  }

  length(name: string): number {
    const entry = this.#entries.get(name);
    return entry ? entry.offsets.length - 1 : -1;
  }

  get(name: string, index: number): string | undefined {
    const entry = this.#entries.get(name);
    const start = entry?.offsets[index];
    const end = entry?.offsets[index + 1];
    return start === undefined || end === undefined ? undefined : entry?.bytes.toString('utf8', start, end);
  }

  /** For the next run of the process. */
  clear(): void {
    this.#entries.clear();
  }

  /** What another thread needs to have the same arrays. */
  image(): SharedDataImage {
    return Object.fromEntries([...this.#entries].map(([name, { image }]) => [name, image]));
  }

  adopt(images: SharedDataImage): void {
    for (const [name, image] of Object.entries(images)) {
      if (!this.#entries.has(name)) this.#entries.set(name, entryOf(image));
    }
  }
}

/** This thread's arrays. A thread serves one run; the coordinator hands `image()` to the threads it starts. */
export const sharedData = new SharedData();

const refuse = (message: string): Outcome<never> => ({ ok: false, name: 'RangeError', message });

export const define: CallOpHandler<'data.shared.define'> = (_io, { name, elements }) => {
  try {
    return { ok: true, value: sharedData.define(name, elements) };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
};

export const length: CallOpHandler<'data.shared.length'> = (_io, name) => ({
  ok: true,
  value: sharedData.length(name),
});

export const get: CallOpHandler<'data.shared.get'> = (_io, { name, index }) => {
  const value = sharedData.get(name, index);
  return value === undefined ? refuse(`SharedArray ${name} has no element ${index}`) : { ok: true, value };
};
