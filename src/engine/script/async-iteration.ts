/** Async generators and `for await`: k6's JavaScript engine has neither, so that a script with them does not load. */
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { type AnyNode, isFunction } from './ast.ts';

const HINT = 'k6 has neither async generators nor for await; await the values in an ordinary loop';

interface Place {
  readonly url: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

/**
 * @param placeOf where the code at an offset comes from
 * @throws EngineError (107) at an async generator or a `for await`
 */
export function refuseAsyncIteration(
  node: AnyNode,
  parent: AnyNode | undefined,
  placeOf: (offset: number) => Place,
): void {
  if (node.type === 'ForOfStatement' && node['await'] === true) {
    throw unexpected('await', placeOf(node.start), 'for '.length);
  }
  if (!isFunction(node) || node['async'] !== true || node['generator'] !== true) return;
  // Of an object literal's method k6's parser does not even know the star.
  if (parent?.type === 'Property') throw unexpected('*', placeOf(parent.start), 'async '.length);
  const { url, line, column } = placeOf(parent?.type === 'MethodDefinition' ? parent.start : node.start);
  throw refused(`SyntaxError: Async generators are not supported yet at ${url}:${line}:${column}`);
}

const unexpected = (token: string, { url, line, column }: Place, after: number): EngineError =>
  refused(`${url}: Line ${line}:${column + after} Unexpected token ${token}`);

const refused = (message: string): EngineError => new EngineError(message, ExitCode.scriptException, { hint: HINT });
