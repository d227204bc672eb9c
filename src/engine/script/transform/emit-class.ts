/** Methods of classes: written as generators in place, and wrapped by a static block before anything static runs. */
import type * as acorn from 'acorn';
import { constructorOf, lateFields } from '../analyse/constructions.ts';
import { type ClassNode, functionLength, keyName } from '../analyse/nodes.ts';
import { setLateFields, textOf } from './emit-calls.ts';
import type { Emitter } from './emitter.ts';
import { findToken } from './tokens.ts';

/** How the runtime is told what a method is. */
const KINDS = { frame: 0, generator: 1, async: 2 } as const;

export function emitClass(to: Emitter, node: ClassNode): void {
  const own: string[] = [];
  const statics: string[] = [];
  for (const member of node.body.body) {
    if (member.type !== 'MethodDefinition') continue;
    const form = to.plan.formOf(member.value);
    if (!form) continue;
    const { key, value } = member;
    if (member.kind === 'constructor') {
      emitConstructor(to, node, member);
      continue;
    }
    const name = keyName(key, member.computed) ?? '';
    if (form === 'async') {
      const keyword = findToken(to.code, member.static ? member.start + 'static'.length : member.start, 'async');
      to.replace(keyword, keyword + 'async'.length, '');
    }
    if (form !== 'generator') to.before(member.computed ? bracketOf(to, member) : key.start, '*');
    if (key.type === 'PrivateIdentifier') {
      const twin = `${name}${to.names.prefix}`;
      const head = `${member.static ? 'static ' : ''}${name}(${to.names.dummies(functionLength(value))})`;
      to.after(key.end, to.names.prefix);
      to.before(member.start, `${head}{return ${to.names.rt('r')}(this.${twin}(...arguments))}`);
    } else
      (member.static ? statics : own).push(
        `${member.computed ? to.code.slice(key.start, key.end) : JSON.stringify(name)},${KINDS[form]}`,
      );
  }
  const wrap = (target: string, list: readonly string[]): string =>
    list.length > 0 ? `${to.names.rt('cm')}(${target},[${list.join(',')}]);` : '';
  const wraps = wrap('this.prototype', own) + wrap('this', statics) + makes(to, node);
  if (wraps !== '') to.before(findToken(to.code, node.body.start, '{') + 1, `static{${wraps}}`);
}

/** The constructor makes the instance, and then runs its body unless somebody else is going to. */
function emitConstructor(to: Emitter, node: ClassNode, { start, key, value }: acorn.MethodDefinition): void {
  to.before(start, constructorText(to, node, functionLength(value)));
  to.replace(key.start, key.end, `*${bodyName(to)}`);
}

function constructorText(to: Emitter, { superClass }: ClassNode, length: number): string {
  const { names } = to;
  const above = superClass ? `super(${names.rt('sk')});` : '';
  const body = `${names.rt('r')}(this.${bodyName(to)}(...arguments))`;
  return `constructor(${names.dummies(length)}){${above}if(arguments[0]!==${names.rt('sk')})${body}}`;
}

/** Tells the runtime how an instance of the class that has been made is given its constructor's body. */
function makes(to: Emitter, node: ClassNode): string {
  if (!to.plan.constructions.classes.has(node)) return '';
  const fields = lateFields(node);
  if (fields[0] && !constructorOf(node)) emitImplicit(to, fields[0], node);
  for (const { start, end } of fields) to.replace(start, end, '');
  if (constructorOf(node) || fields.length > 0) {
    return `${to.names.rt('cc')}(this,(o,a)=>o.${bodyName(to)}(...a));`;
  }
  return node.superClass ? `${to.names.rt('ci')}(this,${textOf(to, node.superClass)});` : '';
}

/** The constructor that the language gives a derived class. */
function emitImplicit(to: Emitter, { start }: acorn.PropertyDefinition, node: ClassNode): void {
  if (!node.superClass) return;
  const [open, close] = to.suspend(node.superClass, undefined);
  const above = `${open}${to.names.rt('su')}(this,${textOf(to, node.superClass)},arguments)${close}`;
  const body = `{let ${to.names.own('x')};${above}${setLateFields(to, node)}}`;
  to.before(start, `${constructorText(to, node, 0)} *${bodyName(to)}()${body}`);
}

const bodyName = (to: Emitter): string => `#${to.names.own('new')}`;

/** Where the `[` of a computed key is. */
function bracketOf(to: Emitter, member: acorn.MethodDefinition): number {
  const after = member.static ? member.start + 'static'.length : member.start;
  return findToken(to.code, after, '[', 'async');
}
