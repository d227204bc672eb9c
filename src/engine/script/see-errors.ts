/** Rewrites what a script catches, and reads of `stack`, so that it sees its errors as in k6 (guest/runtime/error-words.ts). */
import type MagicString from 'magic-string';
import type { AnyNode } from './ast.ts';
import type { Prelude } from './prelude.ts';

/** `catch (e) {` → `catch (e) { $env.caught(e);`; a pattern is taken apart after that. */
export function seeCaught(node: AnyNode, text: MagicString, prelude: Prelude): void {
  const [param, body] = [node['param'] as AnyNode | null, node['body'] as AnyNode];
  if (!param) return;
  if (param.type === 'Identifier') {
    text.appendRight(body.start + 1, ` ${prelude.env}.caught(${param['name'] as string});`);
    return;
  }
  const error = prelude.unique('$error');
  text.appendRight(param.start, ` ${prelude.env}.caught(${error}); let `);
  text.move(param.start, param.end, body.start + 1);
  text.appendLeft(param.end, ` = ${error};{`);
  text.appendLeft(param.start, error);
  text.appendLeft(body.end - 1, '}');
}

/** `throw value` → `throw $env.thrown(value)`: a value that is no error has no stack to tell where it came from. */
export function seeThrown(node: AnyNode, text: MagicString, env: string): void {
  const argument = node['argument'] as AnyNode;
  if (argument.type === 'NewExpression') return;
  text.appendRight(argument.start, `${env}.thrown((`);
  text.appendLeft(argument.end, '))');
}

/**
 * `e.stack` → `$env.stackOf(e)`, where it is read and not called.
 * @param inPattern whether the parent is a part of an assignment pattern
 */
export function readStack(
  node: AnyNode,
  parent: AnyNode | undefined,
  inPattern: boolean,
  text: MagicString,
  env: string,
): void {
  const [object, property] = [node['object'] as AnyNode, node['property'] as AnyNode];
  if (node['computed'] === true || property.type !== 'Identifier' || property['name'] !== 'stack') return;
  if (object.type === 'Super' || inPattern || (parent && isTarget(node, parent))) return;
  const optional = endsEarly(node);
  // What follows in the same chain must be skipped with it.
  const goesOn = optional && parent?.type === 'MemberExpression' && parent['optional'] !== true;
  if (optional && !goesOn && parent?.type !== 'ChainExpression') return;
  text.appendRight(object.start, `${env}.stackOf(`);
  const rest = goesOn ? (parent['computed'] === true ? '?.' : '?') : '';
  text.overwrite(object.end, node.end, (optional ? ', true)' : ')') + rest);
}

function isTarget(node: AnyNode, parent: AnyNode): boolean {
  switch (parent.type) {
    case 'AssignmentExpression':
      return parent['left'] === node;
    case 'CallExpression':
    case 'TaggedTemplateExpression':
      return parent['callee'] === node || parent['tag'] === node;
    case 'UpdateExpression':
    case 'UnaryExpression':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'RestElement':
    case 'AssignmentPattern':
    case 'ArrayPattern':
      return true;
    default:
      return false;
  }
}

/** The expression has a `?.` that can end it before the property. */
function endsEarly(node: AnyNode): boolean {
  for (let at: AnyNode | undefined = node; at; at = (at['object'] ?? at['callee']) as AnyNode | undefined) {
    if (at['optional'] === true) return true;
    if (at.type !== 'MemberExpression' && at.type !== 'CallExpression') return false;
  }
  return false;
}
