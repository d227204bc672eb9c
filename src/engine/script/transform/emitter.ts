/**
 * Writes the fast form. Every function that may suspend becomes a generator, and what the script sees in its place is a
 * small function that runs the generator to its end (see docs/engine.md). All edits keep the order of the source text, so
 * that they nest: children are edited first, and a parent's text goes around theirs.
 */
import type * as acorn from 'acorn';
import type MagicString from 'magic-string';
import type { Colouring } from '../analyse/colour.ts';
import type { Model, Unit } from '../analyse/model.ts';
import {
  classAround,
  forEachChild,
  type FunctionNode,
  functionLength,
  isClassNode,
  isFunctionNode,
  type Node,
} from '../analyse/nodes.ts';
import { emitChain } from './emit-chain.ts';
import { emitClass } from './emit-class.ts';
import { emitCall, emitNew, emitPromise, emitSuper, emitTaggedTemplate, isPromise } from './emit-calls.ts';
import { emitDrain, emitForOf, emitSpread, emitTake, emitYield } from './emit-iteration.ts';
import { findToken, lastParenthesis } from './tokens.ts';
import type { Names } from './names.ts';
import { type Form, functionAround, type Plan } from './plan.ts';

export class Emitter {
  readonly code: string;
  readonly text: MagicString;
  readonly model: Model;
  readonly colours: Colouring;
  readonly plan: Plan;
  readonly names: Names;
  /** Variables that the suspendable form of a unit needs. */
  readonly #locals = new Map<Unit, Set<string>>();

  constructor(code: string, text: MagicString, model: Model, colours: Colouring, plan: Plan, names: Names) {
    this.code = code;
    this.text = text;
    this.model = model;
    this.colours = colours;
    this.plan = plan;
    this.names = names;
  }

  before(at: number, text: string): void {
    this.text.prependRight(at, text);
  }

  after(at: number, text: string): void {
    this.text.appendLeft(at, text);
  }

  /** Replaces a range that no child has edited. */
  replace(from: number, to: number, text: string): void {
    if (from < to) this.text.update(from, to, text);
    else if (text !== '') this.after(from, text);
  }

  unit(node: Node): Unit {
    const unit = this.model.owner.get(node);
    if (!unit) throw new Error(`no owner of ${node.type} at ${node.start}`);
    return unit;
  }

  /** Declares a variable in the suspendable form that `node` belongs to. */
  local(node: Node, suffix: string): string {
    const unit = this.unit(node);
    let set = this.#locals.get(unit);
    if (!set) this.#locals.set(unit, (set = new Set()));
    const name = this.names.own(suffix);
    set.add(name);
    return name;
  }

  /** Wraps a call that may answer PENDING. Declares the variable it needs. */
  suspend(node: Node, callee: Node | undefined): readonly [open: string, close: string] {
    this.local(node, 'x');
    const text = callee ? this.code.slice(callee.start, callee.end) : '';
    const around = shownName(this.unit(node), this.model);
    // Where V8 would say that the call is.
    const called = node.type === 'NewExpression' ? node : (callee ?? node);
    const offset = called.type === 'MemberExpression' ? called.property.start : called.start;
    const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text;
    return this.names.suspend(this.names.site({ callee: shown, around, offset }));
  }

  /** @param live inside a suspendable form, where a call site can yield */
  visit(node: Node, live: boolean): void {
    if (isFunctionNode(node)) {
      this.#visitFunction(node);
      return;
    }
    if (isClassNode(node)) {
      this.#children(node, live);
      emitClass(this, node);
      return;
    }
    switch (node.type) {
      case 'PropertyDefinition':
        if (node.computed) this.visit(node.key, live);
        if (node.value) this.visit(node.value, false);
        return;
      case 'StaticBlock': {
        this.#children(node, false);
        return;
      }
      case 'BlockStatement':
        this.#children(node, live);
        {
          this.#attach(node, node.start + 1);
          return;
        }
      case 'Identifier': {
        this.#lendArguments(node);
        return;
      }
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ForStatement':
        this.#children(node, live);
        if (live) this.#tick(node.body);
        return;
      default:
        this.#children(node, live);
    }
    if (live) this.#emitLive(node);
  }

  #children(node: Node, live: boolean): void {
    forEachChild(node, (child) => this.visit(child, live));
  }

  #emitLive(node: Node): void {
    switch (node.type) {
      case 'CallExpression':
        if (node.callee.type === 'Super') emitSuper(this, node);
        else if (!this.#inChain(node)) emitCall(this, node);
        break;
      case 'ChainExpression':
        emitChain(this, node);
        break;
      case 'NewExpression':
        if (this.colours.drainsArgument(node)) emitDrain(this, node);
        else if (isPromise(node) && this.colours.callBlocks(node)) emitPromise(this, node);
        else if (this.plan.waitsFor(node)) emitNew(this, node);
        break;
      case 'AwaitExpression':
        this.replace(node.start, node.start + 'await'.length, `(yield ${this.names.rt('aw')}(`);
        this.after(node.end, '))');
        break;
      case 'TaggedTemplateExpression':
        emitTaggedTemplate(this, node);
        break;
      case 'YieldExpression':
        emitYield(this, node);
        break;
      case 'ForOfStatement':
        if (this.colours.iterationBlocks(node)) emitForOf(this, node);
        else this.#tick(node.body);
        break;
      case 'SpreadElement':
        if (this.model.parents.get(node)?.type !== 'ObjectExpression') emitSpread(this, node);
        break;
      case 'VariableDeclarator':
        if (node.id.type === 'ArrayPattern' && node.init) emitTake(this, node.id, node.end);
        break;
      case 'AssignmentExpression':
        if (node.left.type === 'ArrayPattern' && this.model.parents.get(node)?.type === 'ExpressionStatement') {
          emitTake(this, node.left, node.end);
        }
        break;
      default:
        break;
    }
  }

  /** Calls on the spine of an optional chain are the chain's affair. */
  #inChain(node: Node): boolean {
    for (let at: Node = node; ;) {
      const parent = this.model.parents.get(at);
      if (parent?.type === 'ChainExpression') return true;
      if (parent?.type === 'MemberExpression' && parent.object === at) at = parent;
      else if (parent?.type === 'CallExpression' && parent.callee === at) at = parent;
      else return false;
    }
  }

  #tick(body: Node): void {
    const tick = this.names.tick();
    if (body.type === 'BlockStatement') this.before(body.start + 1, tick);
    else {
      this.before(body.start, `{${tick}`);
      this.after(body.end, '}');
    }
  }

  #lendArguments(node: acorn.Identifier): void {
    if (node.name !== 'arguments') return;
    const unit = this.model.owner.get(node);
    let lent = false;
    for (let at = unit; at?.kind === 'arrow'; at = at.parent) lent ||= this.plan.forms.has(at);
    const lender = unit && functionAround(unit);
    if (!lent || !lender || !this.plan.lendsArguments.has(lender)) return;
    const parent = this.model.parents.get(node);
    if (parent?.type === 'MemberExpression' && parent.property === node && !parent.computed) return;
    if (parent?.type === 'Property' && parent.key === node && !parent.shorthand && !parent.computed) return;
    if (parent?.type === 'Property' && parent.shorthand) this.after(node.end, `:${this.names.own('args')}`);
    else this.replace(node.start, node.end, this.names.own('args'));
  }

  /** Gives the functions declared in a block their suspendable forms before anything else in it runs. */
  #attach(block: acorn.BlockStatement, at: number): void {
    let attachments = '';
    for (const statement of block.body) {
      if (statement.type !== 'FunctionDeclaration') continue;
      const form = this.plan.formOf(statement);
      if (!form) continue;
      const attach = this.names.rt(form === 'generator' ? 'ga' : form === 'async' ? 'ad' : 'a');
      attachments += `${attach}(${statement.id.name},${this.twin(statement.id.name)});`;
    }
    if (attachments !== '') this.before(at, attachments);
  }

  /** The name of a function's generator, as stack traces show it. */
  twin(name: string): string {
    return `${name}${this.names.prefix}`;
  }

  #visitFunction(node: FunctionNode): void {
    const unit = this.model.unitOf.get(node);
    if (!unit) throw new Error(`unknown function at ${node.start}`);
    const form = this.plan.forms.get(unit);
    for (const parameter of node.params) this.visit(parameter, form === 'frame' || form === 'async');
    const { body } = node;
    if (body.type === 'BlockStatement') for (const statement of body.body) this.visit(statement, form !== undefined);
    else this.visit(body, form !== undefined);

    const lends = this.plan.lendsArguments.has(unit) ? [`${this.names.own('args')}=arguments`] : [];
    const locals = [...(this.#locals.get(unit) ?? []), ...lends];
    const declared = locals.length > 0 ? `let ${locals.join(',')};` : '';
    if (form === undefined || form === 'generator' || !this.#paramsSuspend(node, unit)) {
      if (body.type === 'BlockStatement') {
        const first = body.body.find((s) => !(s.type === 'ExpressionStatement' && s.directive !== undefined));
        const at = first ? first.start : body.body.length > 0 ? body.end - 1 : body.start + 1;
        this.#attach(body, at);
        if (declared !== '') this.before(at, declared);
      }
      if (form !== undefined && unit.parent?.kind !== 'program') this.#emitForm(node, unit, form, undefined, declared);
      return;
    }
    if (body.type === 'BlockStatement') this.#attach(body, body.start + 1);
    this.#emitForm(node, unit, form, declared, declared);
  }

  /** Calls that may suspend, or iterations, among the defaults and patterns of the parameters. */
  #paramsSuspend(node: FunctionNode, unit: Unit): boolean {
    const inParams = (at: Node): boolean => at.start < node.body.start && at.start >= node.start;
    return (
      unit.calls.some((call) => inParams(call) && this.colours.callBlocks(call)) ||
      unit.iterations.some((at) => at.type === 'SpreadElement' && inParams(at) && this.colours.iterationBlocks(at))
    );
  }

  /**
   * @param moved declarations that go before the parameters, which then are taken apart in the body; undefined when the
   * parameters stay where they are
   */
  #emitForm(node: FunctionNode, unit: Unit, form: Form, moved: string | undefined, declared: string): void {
    const { code } = this;
    const { body, params } = node;
    const arrow = node.type === 'ArrowFunctionExpression';
    const begin = arrow && node.async ? node.start + 'async'.length : node.start;
    this.replace(node.start, begin, '');
    const bare = arrow && params[0]?.type === 'Identifier' && !code.slice(begin, params[0].start).includes('(');
    const open = bare ? node.start : findToken(code, arrow ? begin : (node.id?.end ?? headEnd(node, code)), '(', '*');
    const last = params.at(-1);
    const arrowAt = arrow ? findToken(code, last ? last.end : open + 1, '=>', '),') : -1;
    const close = bare ? -1 : lastParenthesis(code, skipCommas(code, last ? last.end : open + 1));

    if (moved !== undefined) {
      this.replace(open, open + 1, `(...${this.names.own('p')}){${moved}${this.#conflicts(node) ? 'var' : 'let'}[`);
      this.replace(close, close + 1, `]=${this.names.own('p')};`);
      if (body.type === 'BlockStatement') this.replace(body.start, body.start + 1, '');
    } else if (bare) {
      this.before(params[0]?.start ?? node.start, '(');
      this.after(last?.end ?? node.start, ')');
    }
    if (arrow) {
      const block = body.type === 'BlockStatement';
      const start = moved === undefined && !block ? `{${declared}` : '';
      this.replace(arrowAt, arrowAt + 2, block ? start : `${start}return(`);
      if (!block) this.after(node.end, ')}');
    }
    this.#emitHead(node, unit, form, open);
  }

  #conflicts(node: FunctionNode): boolean {
    const scope = this.model.scopeOf.get(node.body);
    for (const [, binding] of scope?.names ?? []) if (binding.kind === 'param' && binding.declarations > 1) return true;
    return false;
  }

  #emitHead(node: FunctionNode, unit: Unit, form: Form, open: number): void {
    const { names } = this;
    const name = unit.name ?? '';
    const length = functionLength(node);
    const generator = form === 'generator';
    const special = generator ? 'generator' : form === 'async' ? 'async' : undefined;
    const twin = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? this.twin(name) : '';
    if (unit.kind === 'method' || unit.kind === 'constructor') return;
    if (unit.kind === 'declaration') {
      const run = special
        ? `${names.rt(generator ? 'gn' : 'as')}(${twin},this,arguments)`
        : `${names.rt('r')}(${names.rt('ap')}(${twin},this,arguments))`;
      this.replace(node.start, open, `function*${twin}`);
      this.before(node.start, `function ${name}(${names.dummies(length)}){return ${run}}`);
      return;
    }
    const self = node.type === 'FunctionExpression' && this.plan.selfUsed.has(node);
    let close = ')';
    if (unit.kind === 'object-method') {
      const factory = names.factory(special ?? 'method', name, length);
      if (special) this.#removeMark(node, generator ? '*' : 'async');
      this.before(node.start, `:${factory}(function*${twin}`);
    } else if (unit.kind === 'arrow') {
      const factory = names.factory(special ? 'async-arrow' : unit.usesThis ? 'arrow-this' : 'arrow', name, length);
      if (unit.usesThis) close = ',this)';
      this.before(node.start, `${factory}(function*${twin}`);
    } else {
      const kind = special ? (self ? (`${special}-self` as const) : special) : self ? 'self' : 'function';
      const factory = names.factory(kind, name, length);
      this.replace(node.start, open, `function*${twin}`);
      this.before(node.start, self ? `${factory}(${name}=>` : `${factory}(`);
    }
    this.after(node.end, close);
  }

  /** `*m() {}` and `async m() {}` in an object literal become `m: …`. */
  #removeMark(node: FunctionNode, mark: '*' | 'async'): void {
    const property = this.model.parents.get(node);
    if (property?.type !== 'Property') return;
    const at = findToken(this.code, property.start, mark);
    this.replace(at, at + mark.length, '');
  }
}

/** What V8 calls a function in a stack. */
function shownName(unit: Unit, model: Model): string {
  if (unit.kind !== 'constructor') return unit.name ?? '';
  return `new ${classAround(unit.node, model.parents)?.id?.name ?? ''}`;
}

/** End of `function`, `async function` or `function *`, or of nothing for a method, whose node starts at its parameters. */
function headEnd(node: FunctionNode, code: string): number {
  const head = /(?:async\s+)?function/y;
  head.lastIndex = node.start;
  return head.test(code) ? head.lastIndex : node.start;
}

function skipCommas(code: string, from: number): number {
  return findToken(code, from, ')', ',');
}
