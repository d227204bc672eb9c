import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { write } from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { OutputLog } from './types.ts';

const writeFd = promisify(write);
const compress = promisify(gzip);
const STDOUT = 1;
/** Text waiting beyond this many bytes is dropped and counted: a slow disk must not eat the memory of the run. */
const MAX_WAITING = 256 * 1024 * 1024;

/**
 * Writes text to a file in the background, in order. `.gz` files get one gzip member per write, which every reader
 * takes as one stream, and which leaves a readable file when the run is killed.
 */
export class FileWriter {
  readonly path: string;
  readonly #log: OutputLog;
  readonly #maxWaiting: number;
  #handle: FileHandle | undefined;
  #queue: string[] = [];
  #waiting = 0;
  #peak = 0;
  #dropped = 0;
  #working: Promise<void> | undefined;
  #failed = false;

  /** @param path `-` for standard output */
  constructor(path: string, log: OutputLog, maxWaiting: number = MAX_WAITING) {
    this.path = path;
    this.#log = log;
    this.#maxWaiting = maxWaiting;
  }

  /** Most bytes that ever waited, and lines that were dropped because too many did or because writing failed. */
  get backlog(): { readonly peakBytes: number; readonly droppedLines: number } {
    return { peakBytes: this.#peak, droppedLines: this.#dropped };
  }

  /** @throws EngineError when the file cannot be created */
  async open(): Promise<void> {
    if (this.path === '-') return;
    try {
      this.#handle = await open(this.path, 'w');
    } catch (error) {
      throw new EngineError(`cannot write the output file '${this.path}': ${describe(error)}`, ExitCode.generic, {
        cause: error,
        hint: 'name a file in an existing, writable folder after --out TYPE=',
      });
    }
  }

  /** @param text whole lines */
  write(text: string): void {
    if (text === '') return;
    if (this.#failed || this.#waiting > this.#maxWaiting) {
      this.#dropped += countLines(text);
      return;
    }
    this.#queue.push(text);
    this.#waiting += text.length;
    this.#peak = Math.max(this.#peak, this.#waiting);
    this.#working ??= this.#work();
  }

  /** Waits for everything to be on disk; never rejects. */
  async close(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
    try {
      await this.#handle?.close();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#dropped > 0) {
      this.#log(
        'warning',
        `${this.path}: ${this.#dropped} lines were not written, the output was slower than the test`,
      );
    }
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      const text = this.#queue.length === 1 ? (this.#queue[0] as string) : this.#queue.join('');
      this.#queue = [];
      try {
        const bytes = Buffer.from(text, 'utf8');
        await this.#put(this.path.endsWith('.gz') ? await compress(bytes) : bytes);
      } catch (error) {
        this.#fail(error);
        this.#dropped += countLines(text);
      }
      this.#waiting -= text.length;
    }
    this.#working = undefined;
  }

  async #put(bytes: Buffer): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const left = bytes.length - at;
      const result =
        this.#handle === undefined ? await writeFd(STDOUT, bytes, at, left) : await this.#handle.write(bytes, at, left);
      at += result.bytesWritten;
    }
  }

  #fail(error: unknown): void {
    if (!this.#failed) this.#log('error', `writing ${this.path} failed, the rest of it is lost: ${describe(error)}`);
    this.#failed = true;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
