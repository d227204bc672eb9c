/** Reads a program into its {@link Model}. */
import type * as acorn from 'acorn';
import {
  boundIdentifiers,
  type ClassNode,
  forEachChild,
  type FunctionNode,
  isClassNode,
  isFunctionNode,
  keyName,
  type Node,
} from './nodes.ts';
import { type Model, Scope, type Unit, type UnitKind } from './model.ts';

const hasUseStrict = (body: readonly Node[]): boolean =>
  body.some((s) => s.type === 'ExpressionStatement' && s.directive === 'use strict');

export function buildModel(root: acorn.Program): Model {
  return new Builder().build(root);
}

class Builder {
  readonly #units: Unit[] = [];
  readonly #unitOf = new Map<Node, Unit>();
  readonly #owner = new Map<Node, Unit>();
  readonly #parents = new Map<Node, Node>();
  readonly #scopeOf = new Map<Node, Scope>();
  readonly #classes: ClassNode[] = [];

  build(root: acorn.Program): Model {
    const scope = new Scope(undefined, root, undefined);
    const unit = this.#unit('program', root, undefined, scope, hasUseStrict(root.body), undefined);
    this.#declareLexical(root.body, scope);
    this.#declareVars(root, scope);
    for (const statement of root.body) this.#visit(statement, root, unit, scope);
    return {
      root,
      units: this.#units,
      unitOf: this.#unitOf,
      owner: this.#owner,
      parents: this.#parents,
      scopeOf: this.#scopeOf,
      classes: this.#classes,
    };
  }

  #unit(
    kind: UnitKind,
    node: Node,
    parent: Unit | undefined,
    home: Scope,
    strict: boolean,
    name: string | undefined,
  ): Unit {
    const unit: Unit = {
      kind,
      node,
      parent,
      name,
      strict,
      home,
      usesThis: false,
      usesArguments: false,
      usesSuper: false,
      usesNewTarget: false,
      opaque: false,
      calls: [],
      iterations: [],
      awaits: [],
    };
    this.#units.push(unit);
    this.#unitOf.set(node, unit);
    return unit;
  }

  /** let, const, class and function declarations of one block. */
  #declareLexical(statements: readonly Node[], scope: Scope): void {
    for (let statement of statements) {
      while (statement.type === 'LabeledStatement') statement = statement.body;
      if (statement.type === 'VariableDeclaration' && statement.kind !== 'var') {
        this.#declarePatterns(statement, scope);
      } else if (statement.type === 'ClassDeclaration') this.#declareNamed(statement, 'class', scope);
      else if (statement.type === 'FunctionDeclaration') this.#declareNamed(statement, 'function', scope);
    }
  }

  #declareNamed(node: Node & { id?: acorn.Identifier | null }, kind: 'class' | 'function', scope: Scope): void {
    if (node.id) scope.declare(node.id.name, kind, node);
  }

  #declarePatterns(declaration: acorn.VariableDeclaration, scope: Scope): void {
    const kind = declaration.kind === 'var' || declaration.kind === 'const' ? declaration.kind : 'let';
    for (const { id, init } of declaration.declarations) {
      if (id.type === 'Identifier') scope.declare(id.name, kind, init ?? undefined);
      else for (const { name } of boundIdentifiers(id)) scope.declare(name, kind, id);
    }
  }

  /** `var` declarations (and, in sloppy code, functions in blocks) anywhere below, up to the next function. */
  #declareVars(node: Node, scope: Scope): void {
    forEachChild(node, (child) => {
      if (isFunctionNode(child) || isClassNode(child)) {
        if (child.type === 'FunctionDeclaration' && node !== scope.node && !scope.names.has(child.id.name)) {
          scope.declare(child.id.name, 'var');
          const outer = scope.names.get(child.id.name);
          if (outer) outer.writes++;
        }
        return;
      }
      if (child.type === 'VariableDeclaration' && child.kind === 'var') this.#declarePatterns(child, scope);
      this.#declareVars(child, scope);
    });
  }

  #visit(node: Node, parent: Node, unit: Unit, scope: Scope): void {
    this.#parents.set(node, parent);
    this.#owner.set(node, unit);
    this.#scopeOf.set(node, scope);
    if (isFunctionNode(node)) {
      this.#visitFunction(node, parent, unit, scope);
      return;
    }
    if (isClassNode(node)) {
      this.#visitClass(node, unit, scope);
      return;
    }
    let inner = scope;
    switch (node.type) {
      case 'BlockStatement':
        inner = new Scope(scope, node, unit);
        this.#declareLexical(node.body, inner);
        break;
      case 'SwitchStatement':
        inner = new Scope(scope, node, unit);
        for (const branch of node.cases) this.#declareLexical(branch.consequent, inner);
        break;
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement': {
        inner = new Scope(scope, node, unit);
        const head = node.type === 'ForStatement' ? node.init : node.left;
        if (head?.type === 'VariableDeclaration' && head.kind !== 'var') this.#declareLexical([head], inner);
        if (node.type === 'ForOfStatement') (node.await ? unit.awaits : unit.iterations).push(node);
        if (node.type !== 'ForStatement') this.#countWrites(node.left, inner);
        break;
      }
      case 'CatchClause':
        inner = new Scope(scope, node, unit);
        for (const { name } of boundIdentifiers(node.param ?? null)) inner.declare(name, 'catch');
        break;
      case 'WithStatement':
        unit.opaque = true;
        break;
      case 'Identifier':
        if (node.name === 'arguments') this.#useArguments(node, parent, unit, scope);
        else if (node.name === 'yield') unit.opaque = true;
        break;
      case 'ThisExpression':
        for (let at: Unit | undefined = unit; at; at = at.kind === 'arrow' ? at.parent : undefined) at.usesThis = true;
        break;
      case 'Super':
        for (let at: Unit | undefined = unit; at; at = at.kind === 'arrow' ? at.parent : undefined) at.usesSuper = true;
        break;
      case 'MetaProperty':
        for (let at: Unit | undefined = unit; at; at = at.kind === 'arrow' ? at.parent : undefined) {
          at.usesNewTarget ||= node.meta.name === 'new';
        }
        return;
      case 'CallExpression':
        if (node.callee.type === 'Identifier' && node.callee.name === 'eval') unit.opaque = true;
        unit.calls.push(node);
        break;
      case 'TaggedTemplateExpression':
      case 'NewExpression':
        unit.calls.push(node);
        break;
      case 'SpreadElement':
        if (parent.type !== 'ObjectExpression') unit.iterations.push(node);
        break;
      case 'ArrayPattern':
        unit.iterations.push(node);
        break;
      case 'YieldExpression':
        if (node.delegate) unit.iterations.push(node);
        break;
      case 'AwaitExpression':
        unit.awaits.push(node);
        break;
      case 'AssignmentExpression':
        this.#countWrites(node.left, scope);
        break;
      case 'UpdateExpression':
        this.#countWrites(node.argument, scope);
        break;
      default:
        break;
    }
    forEachChild(node, (child) => this.#visit(child, node, unit, inner));
  }

  #countWrites(target: Node, scope: Scope): void {
    if (target.type === 'VariableDeclaration') return;
    for (const { name } of boundIdentifiers(target)) {
      const binding = scope.resolve(name);
      if (binding) binding.writes++;
    }
  }

  #useArguments(node: Node, parent: Node, unit: Unit, scope: Scope): void {
    const isKey =
      (parent.type === 'MemberExpression' && parent.property === node && !parent.computed) ||
      ((parent.type === 'Property' || parent.type === 'MethodDefinition' || parent.type === 'PropertyDefinition') &&
        parent.key === node &&
        !parent.computed &&
        !(parent.type === 'Property' && parent.shorthand));
    if (isKey || scope.resolve('arguments')) return;
    const callee =
      parent.type === 'MemberExpression' && (parent.computed || keyName(parent.property, false) === 'callee');
    const index = parent.type === 'MemberExpression' && parent.computed && parent.property.type !== 'Literal';
    for (let at: Unit | undefined = unit; at; at = at.kind === 'arrow' ? at.parent : undefined) {
      at.usesArguments = true;
      if (callee && !index && keyName(parent.property, parent.computed) === 'callee') at.opaque = true;
    }
  }

  #visitFunction(node: FunctionNode, parent: Node, outer: Unit, scope: Scope): void {
    const strict =
      outer.strict || isClassPart(parent) || (node.body.type === 'BlockStatement' && hasUseStrict(node.body.body));
    const kind = kindOf(node, parent);
    const unit = this.#unit(kind, node, outer, scope, strict, nameOf(node, parent));
    // The self-binding of a named function expression lives in a scope of its own.
    const around = new Scope(scope, node, unit);
    if (node.type === 'FunctionExpression' && node.id) around.declare(node.id.name, 'self', node);
    const inner = new Scope(around, node, unit);
    for (const parameter of node.params) {
      for (const { name } of boundIdentifiers(parameter)) inner.declare(name, 'param');
    }
    if (node.body.type === 'BlockStatement') {
      this.#declareLexical(node.body.body, inner);
      this.#declareVars(node.body, inner);
    }
    for (const parameter of node.params) this.#visit(parameter, node, unit, inner);
    this.#parents.set(node.body, node);
    this.#owner.set(node.body, unit);
    this.#scopeOf.set(node.body, inner);
    if (node.body.type === 'BlockStatement') {
      for (const statement of node.body.body) this.#visit(statement, node.body, unit, inner);
    } else this.#visit(node.body, node, unit, inner);
  }

  #visitClass(node: ClassNode, unit: Unit, scope: Scope): void {
    this.#classes.push(node);
    const inner = new Scope(scope, node, unit);
    if (node.id) inner.declare(node.id.name, 'class', node);
    if (node.superClass) this.#visit(node.superClass, node, unit, inner);
    this.#parents.set(node.body, node);
    for (const member of node.body.body) {
      this.#parents.set(member, node.body);
      this.#owner.set(member, unit);
      this.#scopeOf.set(member, inner);
      if (member.type === 'StaticBlock') {
        const block = this.#unit('static-block', member, unit, inner, true, undefined);
        const own = new Scope(inner, member, block);
        this.#declareLexical(member.body, own);
        this.#declareVars(member, own);
        for (const statement of member.body) this.#visit(statement, member, block, own);
        continue;
      }
      if (member.computed) this.#visit(member.key, member, unit, inner);
      else this.#parents.set(member.key, member);
      if (member.type === 'MethodDefinition') this.#visit(member.value, member, unit, inner);
      else if (member.value) {
        const field = this.#unit('field', member, unit, inner, true, undefined);
        this.#visit(member.value, member, field, new Scope(inner, member, field));
      }
    }
  }
}

const isClassPart = (parent: Node): boolean =>
  parent.type === 'MethodDefinition' || parent.type === 'PropertyDefinition' || parent.type === 'StaticBlock';

function kindOf(node: FunctionNode, parent: Node): UnitKind {
  if (parent.type === 'MethodDefinition') {
    if (parent.kind === 'constructor') return 'constructor';
    return parent.kind === 'method' ? 'method' : 'accessor';
  }
  if (parent.type === 'Property' && parent.value === node) {
    if (parent.kind !== 'init') return 'accessor';
    if (parent.method) return 'object-method';
  }
  if (node.type === 'FunctionDeclaration') return 'declaration';
  return node.type === 'ArrowFunctionExpression' ? 'arrow' : 'expression';
}

/** The name the language gives a function from where it is written; undefined for a computed key. */
function nameOf(node: FunctionNode, parent: Node): string | undefined {
  if (node.type !== 'ArrowFunctionExpression' && node.id) return node.id.name;
  switch (parent.type) {
    case 'VariableDeclarator':
      return parent.id.type === 'Identifier' ? parent.id.name : '';
    case 'AssignmentExpression':
      return parent.right === node && parent.left.type === 'Identifier' && /^(\|\||&&|\?\?)?=$/.test(parent.operator)
        ? parent.left.name
        : '';
    case 'AssignmentPattern':
      return parent.right === node && parent.left.type === 'Identifier' ? parent.left.name : '';
    case 'Property':
    case 'PropertyDefinition':
    case 'MethodDefinition': {
      if (parent.value !== node) return '';
      const name = keyName(parent.key, parent.computed);
      return name?.startsWith('@@') ? `[Symbol.${name.slice(2)}]` : name;
    }
    default:
      return '';
  }
}
