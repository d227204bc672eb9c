/** Typed access to acorn's tree, shared by the analysis and the transform. */
import type * as acorn from 'acorn';

export type Node = acorn.AnyNode;
export type FunctionNode = acorn.FunctionDeclaration | acorn.FunctionExpression | acorn.ArrowFunctionExpression;
export type ClassNode = acorn.ClassDeclaration | acorn.ClassExpression;
export type PatternNode = acorn.Pattern;

export const isFunctionNode = (node: Node): node is FunctionNode =>
  node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';

export const isClassNode = (node: Node): node is ClassNode =>
  node.type === 'ClassDeclaration' || node.type === 'ClassExpression';

/** The innermost class that a node stands in. */
export function classAround(node: Node, parents: ReadonlyMap<Node, Node>): ClassNode | undefined {
  for (let at = parents.get(node); at; at = parents.get(at)) if (isClassNode(at)) return at;
  return undefined;
}

/** Calls `visit` for each direct child, in source order of the fields. */
export function forEachChild(node: Node, visit: (child: Node) => void): void {
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) for (const item of value as unknown[]) visitIfNode(item, visit);
    else visitIfNode(value, visit);
  }
}

function visitIfNode(value: unknown, visit: (child: Node) => void): void {
  if (typeof value === 'object' && value !== null && typeof (value as Node).type === 'string') visit(value as Node);
}

/** Identifiers that a pattern binds (or assigns to, when it is one of an assignment). */
export function boundIdentifiers(pattern: Node | null, found: acorn.Identifier[] = []): acorn.Identifier[] {
  switch (pattern?.type) {
    case 'Identifier':
      found.push(pattern);
      break;
    case 'ObjectPattern':
      for (const part of pattern.properties) boundIdentifiers(part.type === 'RestElement' ? part : part.value, found);
      break;
    case 'ArrayPattern':
      for (const part of pattern.elements) boundIdentifiers(part, found);
      break;
    case 'AssignmentPattern':
      boundIdentifiers(pattern.left, found);
      break;
    case 'RestElement':
      boundIdentifiers(pattern.argument, found);
      break;
    default:
      break;
  }
  return found;
}

/** The name of a property key that is known without running the script. */
export function keyName(key: Node, computed: boolean): string | undefined {
  if (!computed && key.type === 'Identifier') return key.name;
  if (key.type === 'PrivateIdentifier') return `#${key.name}`;
  if (key.type === 'Literal' && (typeof key.value === 'string' || typeof key.value === 'number')) {
    return String(key.value);
  }
  // Well-known symbols are as good as names: `[Symbol.iterator]`.
  if (key.type === 'MemberExpression' && !key.computed && key.object.type === 'Identifier') {
    if (key.object.name === 'Symbol' && key.property.type === 'Identifier') return `@@${key.property.name}`;
  }
  return undefined;
}

/** Number of parameters before the first default or rest: a function's `length`. */
export function functionLength(node: FunctionNode): number {
  const stop = node.params.findIndex((p) => p.type === 'AssignmentPattern' || p.type === 'RestElement');
  return stop < 0 ? node.params.length : stop;
}
