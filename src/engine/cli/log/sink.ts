import { close, openSync, write } from 'node:fs';

/** More than this waiting (in characters), and new lines are counted instead of kept. */
const MAX_WAITING = 16 * 1024 * 1024;

/**
 * Writes text to a file descriptor without ever making the event loop wait for it: writes run on the thread pool, one
 * at a time, everything that came meanwhile in the next one.
 */
export class TextSink {
  readonly #fd: number;
  readonly #owned: boolean;
  #waiting = '';
  #writing = false;
  #lost = 0;
  #idle: (() => void)[] = [];

  constructor(fd: number, owned = false) {
    this.#fd = fd;
    this.#owned = owned;
  }

  /** @throws the file system's error when the file cannot be opened */
  static file(path: string): TextSink {
    return new TextSink(openSync(path, 'a'), true);
  }

  line(text: string): void {
    if (this.#waiting.length > MAX_WAITING) this.#lost++;
    else this.#waiting += `${text}\n`;
    if (!this.#writing) this.#pump();
  }

  /** Settles when everything is written, or can't be. */
  async flush(): Promise<void> {
    if (this.#writing) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async close(): Promise<void> {
    await this.flush();
    if (this.#owned) await new Promise<void>((resolve) => close(this.#fd, () => resolve()));
  }

  #pump(): void {
    if (this.#waiting === '') {
      this.#writing = false;
      for (const done of this.#idle.splice(0)) done();
      return;
    }
    this.#writing = true;
    const note = this.#lost > 0 ? `… ${this.#lost} lines were lost here, because this sink is too slow\n` : '';
    const chunk = Buffer.from(this.#waiting + note);
    this.#waiting = '';
    this.#lost = 0;
    this.#write(chunk, 0);
  }

  #write(chunk: Buffer, from: number): void {
    write(this.#fd, chunk, from, chunk.length - from, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#write(chunk, from), 5);
      // A reader that went away takes no more lines; the run goes on.
      else if (error || from + written >= chunk.length) this.#pump();
      else this.#write(chunk, from + written);
    });
  }
}
