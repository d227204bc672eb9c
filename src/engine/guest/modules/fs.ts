/** k6/experimental/fs: files read once per thread, through positions of their own. */
import { type GuestContext, GoError, makeError, type ModuleFactory, native, promiseOf } from '../runtime/api.ts';
import { copyBytes } from '../runtime/api.ts';
import { asText, utf8Encode } from './bytes.ts';

export const SEEK_MODES = { Start: 0, Current: 1, End: 2 } as const;

/** Contents by absolute path, shared by the VUs of a realm; a script only ever gets copies of parts. */
const contents = new Map<string, Uint8Array>();

function absolute(dir: string, name: string): string {
  const parts: string[] = [];
  for (const part of (name.startsWith('/') ? name : `${dir}/${name}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function contentOf(ctx: GuestContext, path: string): Uint8Array {
  const known = contents.get(path);
  if (known) return known;
  const read = ctx.call('script.open', { name: path, dir: ctx.dir, binary: true });
  const content = typeof read === 'string' ? utf8Encode(read) : new Uint8Array(copyBytes(read));
  contents.set(path, content);
  return content;
}

let bytesOf: (file: File) => Uint8Array;

export class File {
  readonly path: string;
  readonly #ctx: GuestContext;
  readonly #content: Uint8Array;
  #position = 0;

  static {
    bytesOf = (file) => file.#content;
  }

  constructor(ctx: GuestContext, path: string) {
    this.#ctx = ctx;
    this.path = path;
    this.#content = contentOf(ctx, path);
  }

  /** Fills the array from the current position; resolves with the number of bytes, null at the end. */
  read(into: unknown): Promise<number | null> {
    return promiseOf(this.#ctx, () => {
      if (!(into instanceof Uint8Array)) throw new TypeError('file.read() takes a Uint8Array');
      const part = this.#content.subarray(this.#position, this.#position + into.length);
      if (part.length === 0) return null;
      into.set(part);
      this.#position += part.length;
      return part.length;
    });
  }

  seek(offset: unknown, whence: unknown): Promise<number> {
    return promiseOf(this.#ctx, () => {
      const by = Number(offset);
      if (!Number.isInteger(by)) throw new TypeError('the offset of file.seek() must be a whole number');
      const size = this.#content.length;
      const bases = [0, this.#position, size];
      const base = bases[Number(whence)];
      if (base === undefined) throw new TypeError('the second argument of file.seek() must be one of SeekMode');
      if (whence === SEEK_MODES.End && by > 0)
        throw new TypeError('an offset from the end of the file cannot be positive');
      const position = base + by;
      if (position < 0) throw new TypeError('file.seek() cannot go before the start of the file');
      if (position > size) throw makeError('EOFError', 'file.seek() cannot go beyond the end of the file');
      this.#position = position;
      return position;
    });
  }

  stat(): Promise<{ name: string; size: number }> {
    return promiseOf(this.#ctx, () => ({
      name: this.path.slice(this.path.lastIndexOf('/') + 1),
      size: this.#content.length,
    }));
  }
}

/** The whole content, for other modules. */
export const fileBytes = (value: unknown): Uint8Array | undefined =>
  value instanceof File ? bytesOf(value) : undefined;

export const fsModule: ModuleFactory = (ctx) => {
  const open = native('open', 1, (name) =>
    promiseOf(ctx, () => {
      if (ctx.stage !== 'init')
        throw new GoError('open() failed; reason: opening a file in the VU context is not supported');
      if (name == null || name === '') throw new TypeError('open() failed; reason: path cannot be empty');
      return new File(ctx, absolute(ctx.dir, asText(name)));
    }),
  );
  const exports = { SeekMode: { ...SEEK_MODES }, open };
  return { ...exports, default: exports };
};
