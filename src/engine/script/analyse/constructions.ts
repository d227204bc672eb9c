/**
 * Which `new` can wait. A class whose constructor blocks gets the constructor's body as a suspendable method of its own;
 * its instances are made first and given to that. This is the blocking program's order as long as making one runs nothing
 * that the body would have to come before: see {@link Constructions.classes}.
 */
import type * as acorn from 'acorn';
import type { Colouring } from './colour.ts';
import type { Binding, Model, Unit } from './model.ts';
import { type ClassNode, forEachChild, isClassNode, isFunctionNode, keyName, type Node } from './nodes.ts';

export class Constructions {
  /**
   * Classes that are made in two steps:
   * - the constructor returns nothing, and no construct in it is one that is left as written;
   * - a derived class has a super class that is made so itself; its fields, and all above it, begin as something inert; and
   *   it calls `super` once, as a statement, before it mentions `this`.
   */
  readonly classes: ReadonlySet<ClassNode>;
  readonly #model: Model;
  readonly #narrow: Colouring;

  constructor(model: Model, narrow: Colouring) {
    this.#model = model;
    this.#narrow = narrow;
    const classes = new Set<ClassNode>();
    for (const node of model.classes) {
      if (!narrow.classBlocks(node)) continue;
      const line = this.#line(node);
      if (line.every((ancestor) => this.#inTwoSteps(ancestor, node)))
        for (const ancestor of line) classes.add(ancestor);
    }
    this.classes = classes;
  }

  /** The class or the function that this `new` makes an instance of, when it can wait. */
  made(call: acorn.NewExpression): ClassNode | Unit | undefined {
    const node = this.#classOf(call.callee);
    if (node !== undefined) return this.classes.has(node) && this.#narrow.classBlocks(node) ? node : undefined;
    if (call.callee.type !== 'Identifier') return undefined;
    const unit = this.#narrow.functionOf(this.#narrow.resolve(call.callee));
    if (unit === undefined || !this.#narrow.blocking.has(unit) || !isFunctionNode(unit.node)) return undefined;
    const constructs = unit.kind === 'declaration' || unit.kind === 'expression';
    return constructs && !unit.node.async && !unit.node.generator ? unit : undefined;
  }

  /** The super class of a class in {@link classes}. */
  superOf(node: ClassNode): ClassNode | undefined {
    return node.superClass ? this.#classOf(node.superClass) : undefined;
  }

  /** Mentions of classes from where they could be made by a `new` that nobody can tell: their names, used as values. */
  usedAsValue(node: ClassNode): boolean {
    if (this.#bindingOf(node) === undefined) return true;
    for (const [child, parent] of this.#model.parents) {
      if (child.type !== 'Identifier' || this.#narrow.resolve(child)?.init !== node) continue;
      if (!this.#isHarmless(child, parent)) return true;
    }
    return false;
  }

  #isHarmless(child: Node, parent: Node): boolean {
    switch (parent.type) {
      case 'NewExpression':
        return parent.callee === child;
      case 'ClassDeclaration':
      case 'ClassExpression':
        return parent.superClass === child || parent.id === child;
      case 'VariableDeclarator':
        return parent.id === child;
      case 'MemberExpression':
        return parent.object === child || !parent.computed;
      case 'BinaryExpression':
        return parent.operator === 'instanceof' && parent.right === child;
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        return parent.key === child && !parent.computed && parent.value !== child;
      default:
        return this.#narrow.isPublished(child, parent);
    }
  }

  /** The class and its super classes, as far as they are known. */
  #line(node: ClassNode): ClassNode[] {
    const line: ClassNode[] = [];
    for (let at: ClassNode | undefined = node; at && !line.includes(at); at = this.superOf(at)) line.push(at);
    return line;
  }

  #classOf(value: Node): ClassNode | undefined {
    if (value.type !== 'Identifier') return undefined;
    const binding = this.#narrow.resolve(value);
    return binding?.init && isClassNode(binding.init) && isFixed(binding) ? binding.init : undefined;
  }

  /** What a class is called by the rest of the program. */
  #bindingOf(node: ClassNode): Binding | undefined {
    const parent = this.#model.parents.get(node);
    const id =
      parent?.type === 'VariableDeclarator' ? parent.id : node.type === 'ClassDeclaration' ? node.id : undefined;
    const binding = id?.type === 'Identifier' ? this.#model.scopeOf.get(node)?.resolve(id.name) : undefined;
    return binding?.init === node && isFixed(binding) ? binding : undefined;
  }

  /** @param made the class that an instance is made of: `node` or one derived from it */
  #inTwoSteps(node: ClassNode, made: ClassNode): boolean {
    const derived = Boolean(node.superClass);
    if (derived && this.superOf(node) === undefined) return false;
    for (const member of node.body.body) {
      if (member.type !== 'PropertyDefinition' || member.static) continue;
      const field = this.#model.unitOf.get(member);
      if (
        derived &&
        !isPrivate(member) &&
        (keyName(member.key, member.computed) === undefined || !isData(member.value))
      ) {
        return false;
      }
      if ((derived || node !== made) && !isInert(member.value)) return false;
      if (field !== undefined && this.#narrow.blocking.has(field)) return false;
    }
    const unit = this.#model.unitOf.get(constructorOf(node)?.value ?? node);
    return unit === undefined || this.#bodyFits(unit, node, derived);
  }

  #bodyFits(unit: Unit, node: ClassNode, derived: boolean): boolean {
    if (unit.opaque || unit.usesNewTarget || !isFunctionNode(unit.node)) return false;
    const { body } = unit.node;
    if (body.type !== 'BlockStatement' || returnsValue(body)) return false;
    if (!derived) return !unit.usesSuper;
    const own = unit.calls.filter((call) => call.type === 'CallExpression' && call.callee.type === 'Super');
    const at = body.body.findIndex(
      (s) => s.type === 'ExpressionStatement' && s.expression.type === 'CallExpression' && s.expression === own[0],
    );
    if (own.length !== 1 || at < 0) return false;
    const before = [
      ...unit.node.params,
      ...body.body.slice(0, at),
      ...(own[0]?.type === 'CallExpression' ? own[0].arguments : []),
    ];
    if (before.some((part) => mentionsThis(part))) return false;
    // `super` is spoken to by the name of the class, which must be the same inside.
    const name = node.superClass?.type === 'Identifier' ? node.superClass.name : '';
    const inside = this.#model.scopeOf.get(body.body[at] ?? body)?.resolve(name);
    return inside?.init === this.superOf(node);
  }
}

/** Public fields of a derived class, which its constructor's body sets when the super class has done its part. */
export function lateFields(node: ClassNode): acorn.PropertyDefinition[] {
  if (!node.superClass) return [];
  return node.body.body.filter(
    (m): m is acorn.PropertyDefinition => m.type === 'PropertyDefinition' && !m.static && !isPrivate(m),
  );
}

const isPrivate = ({ key }: acorn.PropertyDefinition): boolean => key.type === 'PrivateIdentifier';

/** Evaluating it does nothing that anybody could tell from its having been done later. */
const isInert = (value: Node | null | undefined): boolean =>
  isData(value) || value?.type === 'ArrowFunctionExpression' || value?.type === 'FunctionExpression';

/** Text that means the same wherever it stands. */
function isData(value: Node | null | undefined): boolean {
  switch (value?.type) {
    case undefined:
    case 'Literal':
      return true;
    case 'ArrayExpression':
      return value.elements.every((element) => element?.type !== 'SpreadElement' && isData(element));
    case 'ObjectExpression':
      return value.properties.every((p) => p.type === 'Property' && !p.computed && !p.shorthand && isData(p.value));
    default:
      return false;
  }
}

/** The constructor that a class writes itself. */
export function constructorOf(node: ClassNode): acorn.MethodDefinition | undefined {
  return node.body.body.find(
    (m): m is acorn.MethodDefinition => m.type === 'MethodDefinition' && m.kind === 'constructor',
  );
}

const isFixed = ({ writes, declarations }: Binding): boolean => writes === 0 && declarations === 1;

function returnsValue(node: Node): boolean {
  if (node.type === 'ReturnStatement') return Boolean(node.argument);
  return someChild(node, (child) => !isFunctionNode(child) && !isClassNode(child) && returnsValue(child));
}

/** Arrow functions count: they could be called at once. */
function mentionsThis(node: Node): boolean {
  if (node.type === 'ThisExpression' || node.type === 'Super') return true;
  const own = (isFunctionNode(node) && node.type !== 'ArrowFunctionExpression') || isClassNode(node);
  return !own && someChild(node, mentionsThis);
}

function someChild(node: Node, test: (child: Node) => boolean): boolean {
  let found = false;
  forEachChild(node, (child) => (found ||= test(child)));
  return found;
}

/** `new this()` and `new x.constructor()`: classes that no name tells. */
export function makesUnnamed(call: acorn.NewExpression): boolean {
  const { callee } = call;
  return (
    callee.type === 'ThisExpression' ||
    (callee.type === 'MemberExpression' && keyName(callee.property, callee.computed) === 'constructor')
  );
}
