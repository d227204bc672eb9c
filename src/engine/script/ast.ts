/** A small ESTree toolkit: parsing, walking, and finding the free identifiers of a program. */
import { parse as acornParse, type Node } from 'acorn';

/** An ESTree node with its fields open to generic access. */
export type AnyNode = Node & Record<string, unknown>;

/** Parses what esbuild emitted: newest syntax, import and export anywhere, top-level await, sloppy unless it says otherwise. */
export function parseProgram(code: string): AnyNode {
  return acornParse(code, {
    ecmaVersion: 'latest',
    sourceType: 'script',
    allowImportExportEverywhere: true,
    allowAwaitOutsideFunction: true,
    allowReturnOutsideFunction: true,
    allowHashBang: true,
  }) as unknown as AnyNode;
}

export const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

/** Calls `visit` for each direct child node, in source order of the fields. */
export function eachChild(node: AnyNode, visit: (child: AnyNode, field: string) => void): void {
  for (const field in node) {
    const value = node[field];
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item, field);
    } else if (isNode(value)) visit(value, field);
  }
}

/** Text of an identifier, or of the literal that stands for a module's or an export's name. */
export const nameOf = (node: AnyNode): string => String(node['name'] ?? node['value']);

export const isFunction = (node: AnyNode): boolean =>
  node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';

/** Names a binding pattern declares. */
export function patternNames(pattern: AnyNode, names: string[] = []): string[] {
  switch (pattern.type) {
    case 'Identifier':
      names.push(pattern['name'] as string);
      break;
    case 'ObjectPattern':
      for (const property of pattern['properties'] as AnyNode[]) {
        patternNames((property.type === 'RestElement' ? property['argument'] : property['value']) as AnyNode, names);
      }
      break;
    case 'ArrayPattern':
      for (const element of pattern['elements'] as (AnyNode | null)[]) if (element) patternNames(element, names);
      break;
    case 'AssignmentPattern':
      patternNames(pattern['left'] as AnyNode, names);
      break;
    case 'RestElement':
      patternNames(pattern['argument'] as AnyNode, names);
      break;
    default:
      break;
  }
  return names;
}
