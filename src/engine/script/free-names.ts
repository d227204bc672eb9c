/** Which identifiers of a program refer to nothing that the program declares. */
import { type AnyNode, eachChild, isFunction, patternNames } from './ast.ts';

interface Scope {
  readonly parent: Scope | undefined;
  /** Function or program scope: where `var` lands. */
  readonly hoists: boolean;
  readonly names: Set<string>;
}

export interface FreeReference {
  readonly node: AnyNode;
  readonly name: string;
  /** The identifier is assigned to, not only read. */
  readonly written: boolean;
  /** Written as `{ name }`: a replacement must keep the key. */
  readonly shorthand: boolean;
}

/** Every reference to a name that no enclosing scope of `program` declares, in no particular order. */
export function freeReferences(program: AnyNode): FreeReference[] {
  const found: { reference: FreeReference; scope: Scope }[] = [];
  const root: Scope = { parent: undefined, hoists: true, names: new Set() };

  const declareVar = (scope: Scope, names: readonly string[]): void => {
    let target = scope;
    while (!target.hoists && target.parent) target = target.parent;
    for (const name of names) target.names.add(name);
  };
  const child = (parent: Scope, hoists: boolean): Scope => ({ parent, hoists, names: new Set() });

  const visitFunction = (node: AnyNode, scope: Scope): void => {
    const inner = child(scope, true);
    const id = node['id'] as AnyNode | null | undefined;
    if (id && node.type === 'FunctionDeclaration') scope.names.add(id['name'] as string);
    if (id && node.type === 'FunctionExpression') inner.names.add(id['name'] as string);
    if (node.type !== 'ArrowFunctionExpression') inner.names.add('arguments');
    for (const parameter of node['params'] as AnyNode[]) {
      for (const name of patternNames(parameter)) inner.names.add(name);
      visit(parameter, inner, false, false);
    }
    const body = node['body'] as AnyNode;
    // The body's own block shares the function's scope: a clash with a parameter is a syntax error anyway.
    if (body.type === 'BlockStatement') eachChild(body, (statement) => visit(statement, inner, false, false));
    else visit(body, inner, false, false);
  };

  const visitClass = (node: AnyNode, scope: Scope): void => {
    const inner = child(scope, false);
    const id = node['id'] as AnyNode | null | undefined;
    if (id) {
      inner.names.add(id['name'] as string);
      if (node.type === 'ClassDeclaration') scope.names.add(id['name'] as string);
    }
    const parent = node['superClass'] as AnyNode | null | undefined;
    if (parent) visit(parent, inner, false, false);
    visit(node['body'] as AnyNode, inner, false, false);
  };

  const visit = (node: AnyNode, scope: Scope, written: boolean, shorthand: boolean): void => {
    if (isFunction(node)) {
      visitFunction(node, scope);
      return;
    }
    switch (node.type) {
      case 'Identifier':
        found.push({ reference: { node, name: node['name'] as string, written, shorthand }, scope });
        return;
      case 'ClassDeclaration':
      case 'ClassExpression': {
        visitClass(node, scope);
        return;
      }
      case 'VariableDeclaration': {
        const declarations = node['declarations'] as AnyNode[];
        const names = declarations.flatMap((declaration) => patternNames(declaration['id'] as AnyNode));
        if (node['kind'] === 'var') declareVar(scope, names);
        else for (const name of names) scope.names.add(name);
        break;
      }
      case 'ImportDeclaration':
        for (const specifier of node['specifiers'] as AnyNode[]) {
          scope.names.add((specifier['local'] as AnyNode)['name'] as string);
        }
        return;
      case 'ExportSpecifier':
        if ((node['local'] as AnyNode).type === 'Identifier') visit(node['local'] as AnyNode, scope, false, false);
        return;
      case 'ExportNamedDeclaration':
        if (node['source']) return;
        break;
      case 'ExportAllDeclaration':
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
        return;
      case 'LabeledStatement': {
        visit(node['body'] as AnyNode, scope, false, false);
        return;
      }
      case 'MemberExpression':
        visit(node['object'] as AnyNode, scope, false, false);
        if (node['computed']) visit(node['property'] as AnyNode, scope, false, false);
        return;
      case 'Property':
        if (node['computed']) visit(node['key'] as AnyNode, scope, false, false);
        {
          visit(node['value'] as AnyNode, scope, written, node['shorthand'] === true);
          return;
        }
      case 'MethodDefinition':
      case 'PropertyDefinition':
      case 'AccessorProperty':
        if (node['computed']) visit(node['key'] as AnyNode, scope, false, false);
        if (node['value'])
          visit(node['value'] as AnyNode, child(scope, node.type !== 'MethodDefinition'), false, false);
        return;
      case 'StaticBlock': {
        eachChild(node, (statement) => visit(statement, staticScope(node, scope), false, false));
        return;
      }
      case 'AssignmentExpression':
        visit(node['left'] as AnyNode, scope, true, false);
        {
          visit(node['right'] as AnyNode, scope, false, false);
          return;
        }
      case 'UpdateExpression': {
        visit(node['argument'] as AnyNode, scope, true, false);
        return;
      }
      case 'AssignmentPattern':
        visit(node['left'] as AnyNode, scope, written, shorthand);
        {
          visit(node['right'] as AnyNode, scope, false, false);
          return;
        }
      case 'ObjectPattern':
      case 'ArrayPattern':
      case 'RestElement': {
        eachChild(node, (part) => visit(part, scope, written, false));
        return;
      }
      case 'ForInStatement':
      case 'ForOfStatement': {
        const inner = child(scope, false);
        visit(node['left'] as AnyNode, inner, true, false);
        visit(node['right'] as AnyNode, inner, false, false);
        visit(node['body'] as AnyNode, inner, false, false);
        return;
      }
      case 'CatchClause': {
        const inner = child(scope, false);
        const parameter = node['param'] as AnyNode | null;
        if (parameter) {
          for (const name of patternNames(parameter)) inner.names.add(name);
          visit(parameter, inner, false, false);
        }
        visit(node['body'] as AnyNode, inner, false, false);
        return;
      }
      case 'BlockStatement':
      case 'ForStatement':
      case 'SwitchStatement': {
        const inner = child(scope, false);
        eachChild(node, (part) => visit(part, inner, false, false));
        return;
      }
      default:
        break;
    }
    eachChild(node, (part) => visit(part, scope, false, false));
  };

  const blocks = new Map<AnyNode, Scope>();
  const staticScope = (node: AnyNode, scope: Scope): Scope => {
    let own = blocks.get(node);
    if (!own) blocks.set(node, (own = child(scope, true)));
    return own;
  };

  visit(program, root, false, false);
  return found
    .filter(({ reference, scope }) => {
      for (let at: Scope | undefined = scope; at; at = at.parent) if (at.names.has(reference.name)) return false;
      return true;
    })
    .map(({ reference }) => reference);
}
