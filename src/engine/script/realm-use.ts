/**
 * Whether a program changes what VUs of one realm share: globals, built-in objects and their prototypes. Such a script
 * gets a realm per VU. Errs on the side of yes: an alias that could be written through counts as a write.
 */
import { PROGRAM_GLOBALS } from '../contracts/script.ts';
import { type AnyNode, eachChild } from './ast.ts';
import type { FreeReference } from './free-names.ts';

/** Names for the global object itself. */
const GLOBAL_OBJECT = new Set(['globalThis', 'global']);
const WRITERS = new Set(['defineProperty', 'defineProperties', 'assign', 'setPrototypeOf', 'set', 'deleteProperty']);
const PER_VU = new Set<string>(PROGRAM_GLOBALS);

export function writesRealm(program: AnyNode, free: readonly FreeReference[]): boolean {
  const shared = new Set<AnyNode>();
  for (const { node, name, written } of free) {
    if (PER_VU.has(name)) continue;
    if (written) return true;
    shared.add(node);
  }

  /** The expression reaches into a built-in, the global object, or up a prototype chain. */
  const reachesShared = (node: AnyNode): boolean => {
    for (let at = node; ;) {
      if (at.type === 'Identifier') return shared.has(at);
      if (at.type === 'MemberExpression') {
        const property = at['property'] as AnyNode;
        if (property['name'] === '__proto__' || property['value'] === '__proto__') return true;
        at = at['object'] as AnyNode;
      } else if (at.type === 'ChainExpression') at = at['expression'] as AnyNode;
      else return at.type === 'CallExpression' && calleeName(at) === 'getPrototypeOf';
    }
  };
  const isShared = (node: AnyNode, name: string): boolean => shared.has(node) && node['name'] === name;

  let writes = false;
  const visit = (node: AnyNode, parent: AnyNode | undefined, field: string): void => {
    if (writes) return;
    switch (node.type) {
      case 'Identifier': {
        if (!shared.has(node)) break;
        const reads = (parent?.type === 'MemberExpression' && field === 'object') || isTypeof(parent);
        if (GLOBAL_OBJECT.has(node['name'] as string)) writes = !reads;
        else if (isShared(node, 'eval') || isShared(node, 'Function')) {
          writes = field === 'callee' || field === 'arguments' || field === 'init' || field === 'expressions';
        }
        break;
      }
      case 'MemberExpression': {
        const target =
          (field === 'left' && parent?.type === 'AssignmentExpression') ||
          parent?.type === 'UpdateExpression' ||
          (parent?.type === 'UnaryExpression' && parent['operator'] === 'delete');
        const aliased = field === 'init' || field === 'right' || field === 'arguments';
        writes =
          (target && reachesShared(node)) ||
          (aliased && (node['property'] as AnyNode)['name'] === 'prototype' && reachesShared(node));
        break;
      }
      case 'CallExpression': {
        const [first] = node['arguments'] as AnyNode[];
        writes = first !== undefined && WRITERS.has(calleeName(node) ?? '') && reachesShared(first);
        break;
      }
      default:
        break;
    }
    eachChild(node, (child, childField) => visit(child, node, childField));
  };
  visit(program, undefined, '');
  return writes;
}

const isTypeof = (node: AnyNode | undefined): boolean =>
  node?.type === 'UnaryExpression' && node['operator'] === 'typeof';

function calleeName(call: AnyNode): string | undefined {
  const callee = call['callee'] as AnyNode;
  if (callee.type !== 'MemberExpression') return undefined;
  const property = callee['property'] as AnyNode;
  return property.type === 'Identifier' ? (property['name'] as string) : undefined;
}
