/** Errors of loading a script, in the words k6 users know. Exit code 107 but for an entry that is not there. */
import { EngineError, ExitCode, type ExitCodeValue } from '../contracts/errors.ts';

/** A specifier that names no file. */
export function missingModule(
  specifier: string,
  exitCode: ExitCodeValue = ExitCode.scriptException,
  cause?: unknown,
): EngineError {
  return new EngineError(
    `The moduleSpecifier ${JSON.stringify(specifier)} couldn't be found on local disk. Make sure that you've specified the ` +
      `right path to the file. If you're running gravl-k6 in a container make sure you have mounted the local directory ` +
      `(-v /local/path/:/inside/container/path) containing your script and modules so that they're accessible from inside of ` +
      `the container, see https://grafana.com/docs/k6/latest/using-k6/modules/#use-modules-with-docker.`,
    exitCode,
    { cause },
  );
}

/** Puts the two sentences k6 starts every load failure with before `error`'s own message. */
export function couldNotLoad(label: string, url: string, error: EngineError): EngineError {
  return new EngineError(
    `could not initialize '${label}': could not load JS test '${url}': ${error.message}`,
    ExitCode.scriptException,
    { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) },
  );
}

export interface SourcePosition {
  readonly url: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  readonly lineText: string;
}

/** A parse error with the offending line and a caret below it. */
export function syntaxError(at: SourcePosition, text: string, more: number): EngineError {
  const others = more > 0 ? ` (and ${more} more error${more > 1 ? 's' : ''})` : '';
  return new EngineError(
    `${at.url}: Line ${at.line}:${at.column} ${text}${others}\n${codeFrame(at)}`,
    ExitCode.scriptException,
  );
}

function codeFrame({ line, column, lineText }: SourcePosition): string {
  // A minified bundle is one huge line: show the part around the caret.
  const start = Math.max(0, column - 1 - 60);
  const shown = lineText.slice(start, start + 120).replaceAll('\t', ' ');
  const gutter = `${line} | `;
  return `> ${gutter}${shown}\n  ${' '.repeat(gutter.length + column - 1 - start)}^`;
}

/** A file that uses `exports` or `module` although its import or export statements make it an ES module. */
export function mixedModule(url: string, identifier: string): EngineError {
  return new EngineError(
    `GoError: you are trying to access identifier "${identifier}", this likely is due to mixing ECMAScript Modules (ESM) and ` +
      `CommonJS syntax. This isn't supported in the JavaScript standard, please use only one or the other\n\tat ${url}\n`,
    ExitCode.scriptException,
  );
}
