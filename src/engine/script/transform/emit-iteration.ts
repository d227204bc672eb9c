/** Places that drive iterators, when an iterator of the script may suspend; and the yields of its generators. */
import type * as acorn from 'acorn';
import type { Node } from '../analyse/nodes.ts';
import type { Emitter } from './emitter.ts';
import { findToken, lastParenthesis } from './tokens.ts';

/**
 *     for (LEFT of RIGHT) BODY
 *     {try{for(i=of(RIGHT);nx(i);){LEFT=i.value;BODY}}catch(e){throw th(i,e)}finally{if(i.open)cl(i)}}
 */
export function emitForOf(to: Emitter, node: acorn.ForOfStatement): void {
  const { left, right, body } = node;
  const rt = (name: 'of' | 'nx' | 'cl' | 'th'): string => to.names.rt(name);
  const i = to.local(node, `i${node.start}`);
  const error = to.names.own('e');
  const [open, close] = to.suspend(node, undefined);
  const call = (name: 'nx' | 'cl'): string => {
    const [before, after] = to.suspend(node, undefined);
    return `${before}${rt(name)}(${i})${after}`;
  };
  const declares = left.type === 'VariableDeclaration';
  const ofKeyword = findToken(to.code, left.end, 'of', ')');
  const end = lastParenthesis(to.code, right.end);
  to.replace(node.start, left.start, `for(${i}=void 0,${i}=${open}${rt('of')}(`);
  to.replace(left.end, ofKeyword + 2, '');
  to.replace(end, end + 1, `)${close};${call('nx')};){`);
  if (!declares) to.before(left.start, '(');
  to.after(left.end, declares ? `=${i}.value;` : `=${i}.value);`);
  to.text.move(left.start, left.end, body.start);
  to.after(left.end, to.names.tick());
  // Labels belong to the loop, so that the whole goes around them.
  let outermost: Node = node;
  for (let at = to.model.parents.get(outermost); at?.type === 'LabeledStatement'; at = to.model.parents.get(at)) {
    outermost = at;
  }
  to.before(outermost.start, '{try{');
  to.after(node.end, `}}catch(${error}){throw ${rt('th')}(${i},${error})}finally{if(${i}&&${i}.open)${call('cl')}}}`);
}

/** `...E` drains the iterator first. */
export function emitSpread(to: Emitter, node: acorn.SpreadElement): void {
  if (!to.colours.iterationBlocks(node)) return;
  const [open, close] = to.suspend(node, undefined);
  to.after(node.start + 3, `${open}${to.names.rt('sp')}(`);
  to.after(node.end, `)${close}`);
}

/** `new Set(E)` drains the iterator first. */
export function emitDrain(to: Emitter, node: acorn.NewExpression): void {
  const [open, close] = to.suspend(node, undefined);
  to.after(findToken(to.code, node.callee.end, '(', ')') + 1, `${open}${to.names.rt('sp')}(`);
  to.after(node.end - 1, `)${close}`);
}

/** `[a, b] = E` takes as many elements as the pattern asks for, when nothing else happens in between. */
export function emitTake(to: Emitter, pattern: acorn.ArrayPattern, end: number): void {
  if (!to.colours.iterationBlocks(pattern) || !takesOnly(pattern)) return;
  const rest = pattern.elements.at(-1)?.type === 'RestElement';
  const [open, close] = to.suspend(pattern, undefined);
  const equals = findToken(to.code, pattern.end, '=', ')');
  to.after(equals + 1, `${open}${to.names.rt('tk')}(`);
  to.after(end, `,${rest ? -1 : pattern.elements.length})${close}`);
}

/** Only names, and defaults that are literals: no other effect between two steps of the iterator. */
export function takesOnly(pattern: acorn.ArrayPattern): boolean {
  return pattern.elements.every((element) => {
    if (element === null || element.type === 'Identifier') return true;
    if (element.type === 'RestElement') return element.argument.type === 'Identifier';
    return (
      element.type === 'AssignmentPattern' && element.left.type === 'Identifier' && element.right.type === 'Literal'
    );
  });
}

/** The script's own yields are marked, so that whoever drives the generator can tell them from the fiber's. */
export function emitYield(to: Emitter, node: acorn.YieldExpression): void {
  const keyword = node.start + 'yield'.length;
  to.before(node.start, '(');
  if (node.delegate) {
    const star = findToken(to.code, keyword, '*') + 1;
    to.after(star, ` ${to.names.rt('de')}(`);
  } else to.after(keyword, ` ${to.names.rt('u')}(`);
  to.after(node.end, '))');
}
