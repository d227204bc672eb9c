/** Call sites: `obj.m(a)` becomes `((x = c1(o = obj, o.m, a)) === PENDING ? yield 7 : x)`. */
import type * as acorn from 'acorn';
import { lateFields } from '../analyse/constructions.ts';
import { classAround, type ClassNode, keyName, type Node } from '../analyse/nodes.ts';
import type { Emitter } from './emitter.ts';
import type { RuntimeName } from './names.ts';
import { findToken } from './tokens.ts';

/** Helpers exist for up to this many arguments; more go as a list. */
const FIXED_ARITY = 4;

const isSpread = (node: Node): boolean => node.type === 'SpreadElement';

export function emitCall(to: Emitter, node: acorn.CallExpression): void {
  if (!to.colours.callBlocks(node)) return;
  const { callee } = node;
  if (callee.type === 'MemberExpression') {
    emitMethodCall(to, node, callee);
    return;
  }
  const [open, close] = to.suspend(node, callee);
  to.before(node.start, `${open}${to.names.rt(helper('f', node))}(`);
  emitArguments(to, node, findToken(to.code, callee.end, '(', ')'));
  to.after(node.end, close);
}

function emitMethodCall(to: Emitter, node: acorn.CallExpression, callee: acorn.MemberExpression): void {
  const { object, property } = callee;
  const paren = findToken(to.code, callee.end, '(', ')');
  // `(a.b)(c)`: the parentheses mean nothing, and would enclose half of what is written here.
  to.replace(node.start, callee.start, '');
  to.replace(callee.end, paren, '');
  const [open, close] = to.suspend(node, callee);
  if (property.type === 'PrivateIdentifier' && privateTwin(to, callee)) {
    to.before(node.start, `${open}${to.names.rt('m')}(`);
    to.after(property.end, to.names.prefix);
    to.after(node.end, `)${close}`);
    return;
  }
  const simple = object.type === 'Identifier' || object.type === 'ThisExpression' || object.type === 'Super';
  const self = object.type === 'Super' ? 'this' : to.code.slice(object.start, object.end);
  const held = simple ? `${self === 'arguments' ? to.names.own('args') : self},` : `${to.local(node, 'o')}=`;
  to.before(node.start, `${open}${to.names.rt(helper('c', node))}(${held}`);
  if (!simple) to.after(memberToken(to, callee), `,${to.local(node, 'o')}`);
  emitArguments(to, node, paren);
  to.after(node.end, close);
}

/** `new Promise(executor)`, unless the name is the script's own. */
export function isPromise({ callee, arguments: args }: acorn.NewExpression): boolean {
  return callee.type === 'Identifier' && callee.name === 'Promise' && args.length === 1 && !args.some(isSpread);
}

export function emitPromise(to: Emitter, node: acorn.NewExpression): void {
  const [open, close] = to.suspend(node, node.callee);
  to.replace(node.start, node.callee.start, `${open}${to.names.rt('np')}(`);
  const paren = findToken(to.code, node.callee.end, '(', ')');
  to.replace(node.callee.end, paren + 1, ',');
  to.after(node.end, close);
}

/** `new C(a)` of a class or function whose body can wait. */
export function emitNew(to: Emitter, node: acorn.NewExpression): void {
  const { callee } = node;
  const [open, close] = to.suspend(node, callee);
  to.replace(node.start, callee.start, `${open}${to.names.rt('nw')}(`);
  if (node.end > callee.end && to.code[node.end - 1] === ')') {
    to.replace(callee.end, findToken(to.code, callee.end, '(', ')') + 1, ',[');
    to.after(node.end - 1, ']');
  } else to.after(node.end, ',[])');
  to.after(node.end, close);
}

/** `super(a)` in the body of a constructor that is a method: the instance has been made, and gets its fields after that. */
export function emitSuper(to: Emitter, node: acorn.CallExpression): void {
  const around = classAround(node, to.model.parents);
  if (!around?.superClass) return;
  const [open, close] = to.suspend(node, undefined);
  const paren = findToken(to.code, node.callee.end, '(');
  to.replace(node.start, paren + 1, `${open}${to.names.rt('su')}(this,${textOf(to, around.superClass)},[`);
  to.after(node.end - 1, ']');
  to.after(node.end, `${close}${setLateFields(to, around)}`);
}

/** What follows the part of the super class, as expressions. */
export function setLateFields(to: Emitter, node: ClassNode): string {
  const field = ({ key, computed, value }: acorn.PropertyDefinition): string =>
    `,${to.names.rt('df')}(this,${JSON.stringify(keyName(key, computed))},${value ? `(${textOf(to, value)})` : 'void 0'})`;
  return lateFields(node).map(field).join('');
}

export const textOf = (to: Emitter, { start, end }: Node): string => to.code.slice(start, end);

/** Where the `.` or `[` of a member expression is. */
export function memberToken(to: Emitter, { object, computed, optional }: acorn.MemberExpression): number {
  return findToken(to.code, object.end, optional ? '?.' : computed ? '[' : '.', ')');
}

/** Name of the runtime's helper for a call of a function (`f`) or a method (`c`) with these arguments. */
export function helper(family: 'f' | 'c', { arguments: args }: acorn.CallExpression): RuntimeName {
  return (asList(args) ? `${family}s` : `${family}${args.length}`) as RuntimeName;
}

const asList = (args: readonly Node[]): boolean => args.length > FIXED_ARITY || args.some(isSpread);

/** The parenthesis at `paren` becomes a comma; its partner stays as the helper's. */
export function emitArguments(to: Emitter, node: acorn.CallExpression, paren: number): void {
  const list = asList(node.arguments);
  to.replace(paren, paren + 1, list ? ',[' : node.arguments.length > 0 ? ',' : '');
  if (list) to.after(node.end - 1, ']');
}

/** `x.#m()` where `#m` is a method with a suspendable twin beside it. */
export function privateTwin(to: Emitter, callee: acorn.MemberExpression): boolean {
  const name = keyName(callee.property, false);
  for (let at: Node | undefined = callee; at; at = to.model.parents.get(at)) {
    if (at.type !== 'ClassBody') continue;
    for (const member of at.body) {
      if (member.type === 'StaticBlock' || keyName(member.key, member.computed) !== name) continue;
      return member.type === 'MethodDefinition' && to.plan.formOf(member.value) === 'frame';
    }
  }
  return false;
}

/** `` tag`a${x}b` `` calls `tag` with the site's own strings array, which an identity tag gives. */
export function emitTaggedTemplate(to: Emitter, node: acorn.TaggedTemplateExpression): void {
  if (!to.colours.callBlocks(node)) return;
  const { tag, quasi } = node;
  const { quasis, expressions } = quasi;
  const method = tag.type === 'MemberExpression';
  const [open, close] = to.suspend(node, tag);
  const strings = quasis.map((part) => to.code.slice(part.start, part.end)).join('${0}');
  const template = `,[${to.names.rt('tt')}\`${strings}\``;
  if (method && (tag.object.type === 'Super' || tag.object.type === 'ThisExpression')) {
    to.before(node.start, `${open}${to.names.rt('cs')}(this,`);
  } else if (method) {
    const o = to.local(node, 'o');
    to.before(node.start, `${open}${to.names.rt('cs')}(${o}=`);
    to.after(memberToken(to, tag), `,${o}`);
  } else to.before(node.start, `${open}${to.names.rt('fs')}(`);
  // Of the literal only the expressions stay where they are.
  let from = quasi.start;
  let put = template;
  for (const [i, part] of quasis.entries()) {
    const expression = expressions[i];
    to.replace(from, expression ? part.end + 2 : quasi.end, put + (expression ? ',(' : `])${close}`));
    if (expression) from = findToken(to.code, expression.end, '}', ')');
    put = ')';
  }
}
