/** Assignments to constants: esbuild refuses to bundle them, in k6 they throw when they are reached. */
import MagicString from 'magic-string';
import { type AnyNode, eachChild, parseProgram } from './ast.ts';

export interface Place {
  /** 1-based. */
  readonly line: number;
  /** UTF-8 bytes from the start of the line, as esbuild counts. */
  readonly column: number;
}

const THROW = "(() => { throw new TypeError('Assignment to constant variable.'); })()";

/**
 * The text with each of the assignments replaced by one that throws, after its right side was evaluated.
 * @param places where the constants' names stand
 * @returns undefined when the text is no plain JavaScript, or a place holds something else
 */
export function throwAtConstantWrites(source: string, places: readonly Place[]): string | undefined {
  let program: AnyNode;
  try {
    program = parseProgram(source);
  } catch {
    return undefined;
  }
  const wanted = new Set(places.map((place) => offsetOf(source, place)));
  const text = new MagicString(source);
  const visit = (node: AnyNode): void => {
    eachChild(node, visit);
    const target = (node.type === 'UpdateExpression' ? node['argument'] : node['left']) as AnyNode | undefined;
    if (target?.type !== 'Identifier' || !wanted.delete(target.start)) return;
    if (node.type === 'UpdateExpression') text.overwrite(node.start, node.end, THROW);
    else if (node.type === 'AssignmentExpression') {
      const right = node['right'] as AnyNode;
      const operator = String(node['operator']).slice(0, -1);
      text.overwrite(target.start, right.start, operator === '' ? '(' : `(${String(target['name'])} ${operator} (`);
      text.appendLeft(right.end, operator === '' ? `, ${THROW})` : `), ${THROW})`);
    } else wanted.add(target.start);
  };
  visit(program);
  return wanted.size === 0 ? text.toString() : undefined;
}

function offsetOf(source: string, { line, column }: Place): number {
  let start = 0;
  for (let i = 1; i < line; i++) start = source.indexOf('\n', start) + 1;
  const bytes = Buffer.from(source.slice(start, start + column + 1));
  return start + bytes.subarray(0, column).toString().length;
}
