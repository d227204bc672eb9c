/** Draws frames over each other at the end of a terminal's output: in one write, without clearing what stays. */
import { fit, visibleLength } from './fit.ts';

const escape = '\u001b[';
/** The terminal shows what comes between these at once, when it can. */
const together = { begin: `${escape}?2026h`, end: `${escape}?2026l` };

export class LiveScreen {
  readonly #stream: NodeJS.WriteStream;
  #widths: number[] = [];

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.write(`${escape}?25l`);
  }

  draw(lines: readonly string[]): void {
    const { columns, rows } = this.#size();
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => fit(line, columns));
    const text = shown.map((line) => `${line}${escape}K\n`).join('');
    this.#stream.write(`${together.begin}${this.#home()}${text}${escape}J${together.end}`);
    this.#widths = shown.map(visibleLength);
  }

  /** Takes the frame away and gives the cursor back. */
  clear(): void {
    this.#stream.write(`${this.#home()}${escape}J${escape}?25h`);
    this.#widths = [];
  }

  /** To the first line of the last frame; a terminal that became narrower has wrapped its lines. */
  #home(): string {
    const { columns, rows } = this.#size();
    const height = this.#widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return height === 0 ? '\r' : `\r${escape}${Math.min(height, rows - 1)}A`;
  }

  #size(): { columns: number; rows: number } {
    // A terminal that does not know its size says 0.
    return { columns: this.#stream.columns || 80, rows: this.#stream.rows || 24 };
  }
}
