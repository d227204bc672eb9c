/** Exit codes of `gravl-k6`, as k6 users know them. */
export const ExitCode = {
  ok: 0,
  cloudRunFailed: 97,
  thresholdsCrossed: 99,
  setupTimeout: 100,
  teardownTimeout: 101,
  genericTimeout: 102,
  stoppedFromApi: 103,
  invalidConfig: 104,
  externalAbort: 105,
  cannotStartApi: 106,
  scriptException: 107,
  scriptAborted: 108,
  panic: 109,
  markedFailed: 110,
  generic: 255,
} as const;

export type ExitCodeValue = (typeof ExitCode)[keyof typeof ExitCode];

/** An error that ends the run with one message and a documented exit code. */
export class EngineError extends Error {
  readonly exitCode: ExitCodeValue;
  readonly hint: string | undefined;
  constructor(message: string, exitCode: ExitCodeValue, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'EngineError';
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}
