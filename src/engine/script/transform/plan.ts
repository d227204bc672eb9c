/** Decides which functions get a suspendable form, and of which kind. */
import type * as acorn from 'acorn';
import { Constructions } from '../analyse/constructions.ts';
import type { Binding, Model, Unit } from '../analyse/model.ts';
import { Colouring } from '../analyse/colour.ts';
import { classAround, isFunctionNode, keyName, type Node } from '../analyse/nodes.ts';

/**
 * - `frame`: a generator that yields only to the fiber;
 * - `generator`: a generator of the script, lowered so that its own yields and the fiber's can be told apart;
 * - `async`: an async function, lowered so that its awaits go to the script's own job queue.
 */
export type Form = 'frame' | 'generator' | 'async';

export class Plan {
  readonly forms = new Map<Unit, Form>();
  /** Named function expressions that mention themselves. */
  readonly selfUsed = new Set<Node>();
  /** Functions whose `arguments` are read by a suspendable arrow function inside. */
  readonly lendsArguments = new Set<Unit>();
  readonly #model: Model;
  readonly #colours: Colouring;
  readonly constructions: Constructions;

  constructor(model: Model, colours: Colouring, constructions: Constructions) {
    this.#model = model;
    this.#colours = colours;
    this.constructions = constructions;
    for (const [node] of model.parents) {
      if (node.type !== 'Identifier') continue;
      const binding = colours.resolve(node);
      if (binding?.kind === 'self' && binding.init) this.selfUsed.add(binding.init);
    }
    for (const unit of model.units) {
      const form = this.#formOf(unit);
      if (form) this.forms.set(unit, form);
    }
    for (const [unit] of this.forms) {
      if (unit.kind === 'arrow' && unit.usesArguments) {
        const lender = functionAround(unit);
        if (lender) this.lendsArguments.add(lender);
      }
    }
  }

  formOf(node: Node): Form | undefined {
    const unit = this.#model.unitOf.get(node);
    return unit && this.forms.get(unit);
  }

  #formOf(unit: Unit): Form | undefined {
    const { node } = unit;
    if (!isFunctionNode(node)) return undefined;
    if (unit.parent?.kind === 'program') return node.async ? 'async' : undefined;
    if (unit.kind === 'constructor') return this.#inTwoSteps(unit) ? 'frame' : undefined;
    if (!node.async && !this.#colours.blocking.has(unit)) return undefined;
    if (unit.opaque || unit.usesNewTarget || !this.#placed(unit) || this.#unliftable(unit)) return undefined;
    if (node.async)
      return node.generator || unit.awaits.some((at) => at.type === 'ForOfStatement') ? undefined : 'async';
    return node.generator ? 'generator' : 'frame';
  }

  #inTwoSteps(unit: Unit): boolean {
    const node = classAround(unit.node, this.#model.parents);
    return node !== undefined && this.constructions.classes.has(node);
  }

  /** The class or function that a `new` which can wait makes an instance of. */
  waitsFor(call: acorn.NewExpression): boolean {
    const made = this.constructions.made(call);
    return made !== undefined && (!('kind' in made) || this.forms.get(made) === 'frame');
  }

  /** Whether the place where the function is written lets a suspendable form be attached to it. */
  #placed(unit: Unit): boolean {
    const { node } = unit;
    const parent = this.#model.parents.get(node);
    switch (unit.kind) {
      case 'declaration': {
        if (parent?.type !== 'BlockStatement') return false;
        const binding = isFunctionNode(node) && node.id ? unit.home.names.get(node.id.name) : undefined;
        return binding === undefined || binding.init === node;
      }
      case 'arrow':
        return unit.name !== undefined && unit.name !== '__proto__' && !unit.usesSuper && this.#arrowPlaced(unit);
      case 'expression':
        return unit.name !== undefined && unit.name !== '__proto__' && !this.#selfWritten(unit);
      case 'object-method':
        return unit.name !== undefined && unit.name !== '__proto__' && !unit.usesSuper;
      case 'method':
        return this.#methodPlaced(unit);
      default:
        return false;
    }
  }

  #selfWritten(unit: Unit): boolean {
    const { node } = unit;
    if (!isFunctionNode(node) || !node.id) return false;
    let binding: Binding | undefined;
    for (const [child, parent] of this.#model.parents) {
      if (parent !== node || child === node.id) continue;
      binding = this.#model.scopeOf.get(child)?.resolve(node.id.name);
      break;
    }
    return binding?.kind === 'self' && binding.writes > 0;
  }

  #arrowPlaced(unit: Unit): boolean {
    if (!unit.usesThis && !unit.usesArguments) return true;
    const around = functionAround(unit);
    if (unit.usesArguments) {
      const body = around && isFunctionNode(around.node) ? around.node.body : undefined;
      if (body?.type !== 'BlockStatement' || around?.parent?.kind === 'program') return false;
      // In a parameter's default the body's copy of `arguments` is not in scope.
      for (let at: Node | undefined = unit.node; at; at = this.#model.parents.get(at)) {
        if (at === body) break;
        if (at === around?.node) return false;
      }
    }
    if (around?.kind !== 'constructor' || this.#inTwoSteps(around)) return true;
    // In a derived constructor `this` does not exist before super() has returned.
    return !classAround(around.node, this.#model.parents)?.superClass;
  }

  #methodPlaced(unit: Unit): boolean {
    const member = this.#model.parents.get(unit.node);
    const body = member && this.#model.parents.get(member);
    if (member?.type !== 'MethodDefinition' || body?.type !== 'ClassBody') return false;
    const name = keyName(member.key, member.computed);
    if (name === undefined) return false;
    const isPrivate = member.key.type === 'PrivateIdentifier';
    if (isPrivate && (member.value.generator || member.value.async || this.#privateUsedAsValue(name, body)))
      return false;
    // Of two members with one key the later wins, and which one that is must be plain to see.
    return body.body.every((other) => {
      if (other === member || other.type === 'StaticBlock' || other.static !== member.static) return true;
      return keyName(other.key, other.computed) !== name || other.start < member.start;
    });
  }

  #privateUsedAsValue(name: string, body: Node): boolean {
    for (const [node, parent] of this.#model.parents) {
      if (node.type !== 'MemberExpression' || node.start < body.start || node.end > body.end) continue;
      if (keyName(node.property, node.computed) !== name) continue;
      if (!(parent.type === 'CallExpression' && parent.callee === node)) return true;
    }
    return false;
  }

  /** Constructs whose meaning the rewriting of call sites would lose. */
  #unliftable(unit: Unit): boolean {
    return unit.calls.some((call) => {
      if (call.type === 'NewExpression' || !this.#colours.callBlocks(call)) return false;
      const callee = call.type === 'CallExpression' ? call.callee : call.tag;
      // `(a?.b)(c)` keeps `a` as this.
      if (callee.type === 'ChainExpression') return true;
      for (let at: Node | undefined = call; at; at = this.#model.parents.get(at)) {
        const parent: Node | undefined = this.#model.parents.get(at);
        if (at.type === 'ChainExpression') return parent?.type === 'UnaryExpression' && parent.operator === 'delete';
        if (at.type === 'MemberExpression' && at.object.type === 'Super' && at.optional) return true;
        if (
          parent?.type !== 'MemberExpression' &&
          parent?.type !== 'CallExpression' &&
          parent?.type !== 'ChainExpression'
        ) {
          return false;
        }
      }
      return false;
    });
  }
}

/** The plan of a program, and what it rests on: the analysis and the transform must go by the same. */
export function planOf(model: Model): { readonly narrow: Colouring; readonly colours: Colouring; readonly plan: Plan } {
  const narrow = new Colouring(model, 'narrow');
  const constructions = new Constructions(model, narrow);
  const colours = new Colouring(model, 'wide', constructions);
  return { narrow, colours, plan: new Plan(model, colours, constructions) };
}

/** The unit whose `this` and `arguments` an arrow function sees. */
export function functionAround(unit: Unit): Unit | undefined {
  let at: Unit | undefined = unit;
  while (at?.kind === 'arrow') at = at.parent;
  return at;
}
