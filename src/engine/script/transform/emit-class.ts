/** Methods of classes: written as generators in place, and wrapped by a static block before anything static runs. */
import type * as acorn from 'acorn';
import { type ClassNode, functionLength, keyName } from '../analyse/nodes.ts';
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
  const wraps = wrap('this.prototype', own) + wrap('this', statics);
  if (wraps !== '') to.before(findToken(to.code, node.body.start, '{') + 1, `static{${wraps}}`);
}

/** Where the `[` of a computed key is. */
function bracketOf(to: Emitter, member: acorn.MethodDefinition): number {
  const after = member.static ? member.start + 'static'.length : member.start;
  return findToken(to.code, after, '[', 'async');
}
