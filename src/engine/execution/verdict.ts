/** How a run ended, and which exit code that makes: the first cause counts. */
import { ExitCode, type ExitCodeValue } from '../contracts/errors.ts';

export class Verdict {
  #cause: ExitCodeValue | undefined;
  #markedFailed = false;
  #thresholdsCrossed = false;
  #interrupted = false;

  /** What ended the run before its time, or spoiled it; later causes change nothing. */
  fail(code: ExitCodeValue): void {
    this.#cause ??= code;
  }

  /** A script may end its test in setup without failing it. */
  interrupt(): void {
    this.#interrupted = true;
  }

  markFailed(): void {
    this.#markedFailed = true;
  }

  crossThresholds(): void {
    this.#thresholdsCrossed = true;
  }

  get failed(): boolean {
    return this.#cause !== undefined;
  }

  get markedFailed(): boolean {
    return this.#markedFailed;
  }

  get interrupted(): boolean {
    return this.#interrupted;
  }

  get exitCode(): ExitCodeValue {
    if (this.#cause !== undefined) return this.#cause;
    if (this.#thresholdsCrossed) return ExitCode.thresholdsCrossed;
    return this.#markedFailed ? ExitCode.markedFailed : ExitCode.ok;
  }
}
