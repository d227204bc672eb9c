/**
 * Which functions may suspend. A wrong "no" is never a wrong result: the call would block the thread instead of parking
 * the fiber, and be counted (see docs/engine.md). A wrong "yes" costs some nanoseconds a call.
 */
import type * as acorn from 'acorn';
import {
  BLOCKING_API_NAMES,
  CALLBACK_METHODS,
  exportMayBlock,
  FUNCTION_METHODS,
  ITERATOR_METHODS,
  PURE_GLOBALS,
  PURE_NAMESPACES,
} from './blocking-names.ts';
import type { Binding, Model, Unit } from './model.ts';
import { isFunctionNode, keyName, type Node } from './nodes.ts';

export type Call = acorn.CallExpression | acorn.TaggedTemplateExpression | acorn.NewExpression;

/** Function values that may be found under a property name. */
interface Stored {
  readonly units: Set<Unit>;
  unknown: boolean;
}

/**
 * - `wide`: a callee that could be anything may block (what the transform wants);
 * - `narrow`: it blocks only when some function that blocks was ever used as a value (what the reasons for exact mode want).
 */
export type Width = 'wide' | 'narrow';

/** Tells what a `new` makes if it can wait for that: see `Constructions`. */
interface Waits {
  made(call: acorn.NewExpression): object | undefined;
}

export class Colouring {
  readonly model: Model;
  /** Units that may block or suspend. */
  readonly blocking = new Set<Unit>();
  /** Iterators of the script may block, so that whatever drives an iterator may. */
  iterating = false;
  readonly #width: Width;
  readonly #constructions: Waits | undefined;
  readonly #stored = new Map<string, Stored>();
  readonly #asValue = new Set<Unit>();
  #someValueBlocks = false;

  /** @param constructions which `new` can wait, for the wide one */
  constructor(model: Model, width: Width, constructions?: Waits) {
    this.model = model;
    this.#width = width;
    this.#constructions = constructions;
    this.#collect();
    for (let before = -1; before !== this.#size();) {
      before = this.#size();
      for (const unit of model.units) if (!this.blocking.has(unit) && this.#unitBlocks(unit)) this.#add(unit);
    }
  }

  #size(): number {
    return this.blocking.size + Number(this.iterating) + Number(this.#someValueBlocks);
  }

  #add(unit: Unit): void {
    this.blocking.add(unit);
    const { node } = unit;
    if (this.#asValue.has(unit)) this.#someValueBlocks = true;
    if (isFunctionNode(node) && node.generator) this.iterating = true;
    for (const name of ['next', 'return', 'throw', '@@iterator', '@@asyncIterator']) {
      if (this.#stored.get(name)?.units.has(unit)) this.iterating = true;
    }
  }

  #unitBlocks(unit: Unit): boolean {
    const runsNow = (call: Call): boolean =>
      call.type !== 'NewExpression' ||
      this.#width === 'narrow' ||
      this.drainsArgument(call) ||
      this.#constructions?.made(call) !== undefined ||
      (call.callee.type === 'Identifier' && call.callee.name === 'Promise');
    return (
      unit.calls.some((call) => runsNow(call) && this.callBlocks(call)) ||
      (this.iterating && unit.iterations.some((node) => this.iterationBlocks(node))) ||
      unit.awaits.length > 0
    );
  }

  /** The one function a binding stands for, when it can stand for no other. */
  functionOf(binding: Binding | undefined): Unit | undefined {
    if (!binding?.init || binding.writes > 0 || binding.declarations > 1) return undefined;
    return isFunctionNode(binding.init) ? this.model.unitOf.get(binding.init) : undefined;
  }

  resolve(identifier: acorn.Identifier): Binding | undefined {
    return this.model.scopeOf.get(identifier)?.resolve(identifier.name);
  }

  /** Calling a generator function runs nothing of it but its parameters. */
  #callOf(unit: Unit): boolean {
    const { node } = unit;
    return !(isFunctionNode(node) && node.generator) && this.blocking.has(unit);
  }

  callBlocks(call: Call): boolean {
    if (call.type === 'NewExpression') return this.#constructionBlocks(call);
    const args = call.type === 'CallExpression' ? call.arguments : [];
    const callee = call.type === 'CallExpression' ? call.callee : call.tag;
    return this.#calleeBlocks(callee, args);
  }

  #calleeBlocks(callee: Node, args: readonly Node[]): boolean {
    switch (callee.type) {
      case 'Identifier':
        return this.#namedBlocks(callee, args);
      case 'MemberExpression':
        return this.#methodBlocks(callee, args);
      case 'Super':
        return false;
      default: {
        const unit = isFunctionNode(callee) ? this.model.unitOf.get(callee) : undefined;
        return unit ? this.#callOf(unit) : this.#unknownBlocks();
      }
    }
  }

  #unknownBlocks(): boolean {
    return this.#width === 'wide' || this.#someValueBlocks;
  }

  #namedBlocks(callee: acorn.Identifier, args: readonly Node[]): boolean {
    const binding = this.resolve(callee);
    if (!binding || this.#isProgramGlobal(binding)) {
      return PURE_GLOBALS.has(callee.name) ? false : this.#unknownBlocks();
    }
    const unit = this.functionOf(binding);
    if (unit) return this.#callOf(unit);
    const imported = importOf(binding);
    if (imported) return exportMayBlock(imported.specifier, imported.name) && this.#importBlocks(imported, args);
    return this.#unknownBlocks();
  }

  /** `check` and `group` only call back: they block when what they are given does. */
  #importBlocks(imported: { specifier: string; name: string }, args: readonly Node[]): boolean {
    if (this.#width === 'wide' || imported.specifier !== 'k6' || imported.name === 'sleep') return true;
    return args.some((arg) => this.#contains(arg));
  }

  #contains(arg: Node): boolean {
    if (arg.type === 'ObjectExpression') {
      return arg.properties.some((p) => p.type === 'Property' && this.valueBlocks(p.value));
    }
    return this.valueBlocks(arg);
  }

  #methodBlocks(callee: acorn.MemberExpression, args: readonly Node[]): boolean {
    const name = keyName(callee.property, callee.computed);
    if (name === undefined) return callee.object.type !== 'Super' && this.#unknownBlocks();
    if (callee.object.type === 'Identifier') {
      const binding = this.resolve(callee.object);
      if ((!binding || this.#isProgramGlobal(binding)) && PURE_NAMESPACES.has(callee.object.name)) {
        return (
          CALLBACK_METHODS.has(name) && args.slice(name === 'fromEntries' ? 0 : 1).some((a) => this.valueBlocks(a))
        );
      }
      const imported = binding && importOf(binding);
      if (imported && (imported.name === 'default' || imported.name === '*')) {
        return exportMayBlock(imported.specifier, name) && this.#importBlocks({ ...imported, name }, args);
      }
    }
    if (CALLBACK_METHODS.has(name)) return args.some((arg) => this.valueBlocks(arg)) || this.nameBlocks(name);
    if (FUNCTION_METHODS.has(name)) return this.valueBlocks(callee.object);
    if (ITERATOR_METHODS.has(name)) return this.iterating || this.nameBlocks(name);
    const apiBlocks = BLOCKING_API_NAMES.has(name) && this.#width === 'wide';
    return apiBlocks || this.nameBlocks(name) || args.some((arg) => this.#surelyBlocks(arg));
  }

  /** A function of the script found under this property name may block. */
  nameBlocks(name: string): boolean {
    const stored = this.#stored.get(name);
    if (!stored) return name === 'submitForm' || name === 'clickLink';
    if (stored.unknown && this.#unknownBlocks()) return true;
    for (const unit of stored.units) if (this.#callOf(unit)) return true;
    return false;
  }

  /** The value may be a function that blocks when it is called. */
  valueBlocks(value: Node): boolean {
    if (this.#surelyBlocks(value)) return true;
    switch (value.type) {
      case 'Identifier': {
        const binding = this.resolve(value);
        if (!binding) return !PURE_GLOBALS.has(value.name) && value.name !== 'undefined' && this.#unknownBlocks();
        if (this.functionOf(binding)) return false;
        return mayBeFunction(binding.init) && this.#unknownBlocks();
      }
      case 'MemberExpression': {
        const name = keyName(value.property, value.computed);
        if (name === undefined) return this.#unknownBlocks();
        return this.nameBlocks(name) || (this.#width === 'wide' && BLOCKING_API_NAMES.has(name));
      }
      default:
        return mayBeFunction(value) && !isFunctionNode(value) && this.#unknownBlocks();
    }
  }

  #surelyBlocks(value: Node): boolean {
    if (isFunctionNode(value)) {
      const unit = this.model.unitOf.get(value);
      return unit !== undefined && this.#callOf(unit);
    }
    if (value.type !== 'Identifier') return false;
    const unit = this.functionOf(this.resolve(value));
    return unit !== undefined && this.#callOf(unit);
  }

  #constructionBlocks(call: acorn.NewExpression): boolean {
    if (call.callee.type === 'Identifier') {
      const binding = this.resolve(call.callee);
      const unit = this.functionOf(binding);
      if (unit) return this.blocking.has(unit);
      const { init } = binding ?? {};
      if (init && (init.type === 'ClassDeclaration' || init.type === 'ClassExpression')) return this.classBlocks(init);
      if (this.drainsArgument(call)) return true;
      if (call.callee.name === 'Promise') return call.arguments.some((arg) => this.#surelyBlocks(arg));
    }
    return false;
  }

  /** `new Set(iterable)` over an iterator that may block. */
  drainsArgument({ callee, arguments: args }: acorn.NewExpression): boolean {
    const [first] = args;
    if (!this.iterating || callee.type !== 'Identifier' || args.length !== 1 || !first) return false;
    if (!['Map', 'Set', 'WeakMap', 'WeakSet'].includes(callee.name) || this.resolve(callee)) return false;
    return first.type !== 'SpreadElement' && this.iterableBlocks(first);
  }

  /** Constructing an instance may block: constructor, field initialisers, or the same in a known super class. */
  classBlocks(node: acorn.Class): boolean {
    for (const member of node.body.body) {
      if (member.type === 'StaticBlock' || member.static) continue;
      const unit = this.model.unitOf.get(member.type === 'MethodDefinition' ? member.value : member);
      const runs = member.type !== 'MethodDefinition' || member.kind === 'constructor';
      if (runs && unit && this.blocking.has(unit)) return true;
    }
    if (node.superClass?.type !== 'Identifier') return false;
    const parent = this.resolve(node.superClass)?.init;
    return (parent?.type === 'ClassDeclaration' || parent?.type === 'ClassExpression') && this.classBlocks(parent);
  }

  /** Whether a for…of, spread, array pattern or yield* may have to wait for the iterator. */
  iterationBlocks(node: Node): boolean {
    if (!this.iterating) return false;
    switch (node.type) {
      case 'ForOfStatement':
        return this.iterableBlocks(node.right);
      case 'SpreadElement':
        return this.iterableBlocks(node.argument);
      case 'YieldExpression':
        return node.argument ? this.iterableBlocks(node.argument) : false;
      case 'ArrayPattern': {
        const parent = this.model.parents.get(node);
        if (parent?.type === 'VariableDeclarator') return parent.init ? this.iterableBlocks(parent.init) : false;
        if (parent?.type === 'AssignmentExpression') return this.iterableBlocks(parent.right);
        return false;
      }
      default:
        return false;
    }
  }

  iterableBlocks(value: Node): boolean {
    if (value.type === 'ArrayExpression' || value.type === 'Literal' || value.type === 'TemplateLiteral') return false;
    if (value.type === 'CallExpression' && value.callee.type === 'MemberExpression') {
      const { object, property, computed } = value.callee;
      const name = keyName(property, computed);
      if (object.type === 'Identifier' && object.name === 'Object' && !this.resolve(object)) return false;
      if (name && ['map', 'filter', 'slice', 'concat', 'split', 'sort', 'flat', 'flatMap'].includes(name)) return false;
    }
    if (value.type === 'Identifier') {
      const init = this.resolve(value)?.init;
      const writes = this.resolve(value)?.writes;
      if (init?.type === 'ArrayExpression' && writes === 0) return false;
    }
    return true;
  }

  #isProgramGlobal(binding: Binding): boolean {
    return binding.init?.type === 'ObjectPattern' && binding.scope.unit?.parent?.kind === 'program';
  }

  /** Finds the functions stored under property names, and those used as values at all. */
  #collect(): void {
    for (const [node] of this.model.parents) {
      switch (node.type) {
        case 'Property':
          if (node.kind === 'init' && this.model.parents.get(node)?.type === 'ObjectExpression') {
            this.#store(keyName(node.key, node.computed), node.value);
          }
          break;
        case 'MethodDefinition':
          if (node.kind === 'method') this.#store(keyName(node.key, node.computed), node.value);
          break;
        case 'PropertyDefinition':
          if (node.value) this.#store(keyName(node.key, node.computed), node.value);
          break;
        case 'AssignmentExpression':
          if (node.left.type === 'MemberExpression') {
            this.#store(keyName(node.left.property, node.left.computed), node.right);
          }
          break;
        default:
          break;
      }
    }
    for (const unit of this.model.units) {
      const parent = this.model.parents.get(unit.node);
      const called = parent?.type === 'CallExpression' && parent.callee === unit.node;
      const named = unit.kind === 'declaration' || parent?.type === 'VariableDeclarator';
      if (isFunctionNode(unit.node) && !called && !named && unit.kind !== 'constructor') this.#asValue.add(unit);
    }
    for (const [node, parent] of this.model.parents) {
      if (node.type !== 'Identifier' || (parent.type === 'CallExpression' && parent.callee === node)) continue;
      if (parent.type === 'MemberExpression' && parent.object === node) continue;
      if (this.isPublished(node, parent) || isNamed(node, parent)) continue;
      const unit = this.functionOf(this.resolve(node));
      if (unit && unit.node !== parent && parent.type !== 'VariableDeclarator') this.#asValue.add(unit);
    }
  }

  /** Handed to the engine by `$env.publish({ name: () => value })`: no code of the script gets it from there. */
  isPublished(node: Node, parent: Node): boolean {
    const { parents } = this.model;
    const property =
      parent.type === 'ArrowFunctionExpression' && parent.body === node ? parents.get(parent) : undefined;
    const exports = property?.type === 'Property' ? parents.get(property) : undefined;
    const call = exports && parents.get(exports);
    return (
      call?.type === 'CallExpression' &&
      call.callee.type === 'MemberExpression' &&
      keyName(call.callee.property, call.callee.computed) === 'publish'
    );
  }

  #store(name: string | undefined, value: Node): void {
    if (name === undefined) return;
    let stored = this.#stored.get(name);
    if (!stored) this.#stored.set(name, (stored = { units: new Set(), unknown: false }));
    const unit = isFunctionNode(value)
      ? this.model.unitOf.get(value)
      : value.type === 'Identifier'
        ? this.functionOf(this.resolve(value))
        : undefined;
    if (unit) stored.units.add(unit);
    else if (mayBeFunction(value)) stored.unknown = true;
  }
}

/** False for expressions that plainly yield something else. */
function mayBeFunction(value: Node | undefined): boolean {
  switch (value?.type) {
    case 'Literal':
    case 'TemplateLiteral':
    case 'ObjectExpression':
    case 'ArrayExpression':
    case 'BinaryExpression':
    case 'UnaryExpression':
    case 'UpdateExpression':
    case 'NewExpression':
      return false;
    default:
      return true;
  }
}

/** `const x = $pick($m0, "name", "k6/…")` and `const x = $env.import("k6/…")`: what emit.ts makes of an import. */
function importOf(binding: Binding): { specifier: string; name: string } | undefined {
  const { init } = binding;
  if (init?.type !== 'CallExpression' || binding.writes > 0) return undefined;
  const text = (node: Node | undefined): string | undefined =>
    node?.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
  const { callee } = init;
  if (callee.type === 'Identifier' && callee.name.startsWith('$pick')) {
    const [, name, specifier] = init.arguments.map(text);
    return name === undefined || specifier === undefined ? undefined : { specifier, name };
  }
  const isImport = callee.type === 'MemberExpression' && keyName(callee.property, callee.computed) === 'import';
  const specifier = isImport ? text(init.arguments[0]) : undefined;
  return specifier === undefined ? undefined : { specifier, name: '*' };
}

/** Given its name by the engine's own `$name(value, was, is)`: see prelude.ts. */
const isNamed = (node: Node, parent: Node): boolean =>
  parent.type === 'CallExpression' &&
  parent.callee.type === 'Identifier' &&
  /^\$name\d*$/.test(parent.callee.name) &&
  parent.arguments.length === 3 &&
  parent.arguments[0] === node;
