/**
 * Optional chains with calls that may suspend: `a?.b.c(d)` becomes
 * `((t = a) == null ? void 0 : ((x = c1(o = t.b, o.c, d)) === PENDING ? yield 7 : x))`.
 */
import type * as acorn from 'acorn';
import type { Node } from '../analyse/nodes.ts';
import { emitArguments, helper, memberToken, privateTwin } from './emit-calls.ts';
import type { Emitter } from './emitter.ts';
import { findToken } from './tokens.ts';

type Link = acorn.MemberExpression | acorn.CallExpression;

export function emitChain(to: Emitter, chain: acorn.ChainExpression): void {
  const links: Link[] = [];
  for (let at: Node = chain.expression; at.type === 'MemberExpression' || at.type === 'CallExpression';) {
    links.unshift(at);
    at = at.type === 'MemberExpression' ? at.object : at.callee;
  }
  const last = links.findLastIndex((link) => link.type === 'CallExpression' && to.colours.callBlocks(link));
  if (last < 0) return;
  const writer = new ChainWriter(to, chain);
  for (const [i, link] of links.slice(0, last + 1).entries()) {
    const next = i < last ? links[i + 1] : undefined;
    if (link.type === 'MemberExpression') writer.member(link, next?.type === 'CallExpression' ? next : undefined);
    else writer.call(link, links[i - 1]);
  }
  writer.end();
}

/** A stretch of the chain between two `?.`: what is written before it is known only when its end is reached. */
class ChainWriter {
  readonly #to: Emitter;
  readonly #chain: acorn.ChainExpression;
  readonly #prefix: string[] = [];
  #flush: (prefix: string) => void;
  #guards = 0;
  /** Variables that hold the receiver and the callee of the optional call at hand. */
  #split: readonly [string, string] | undefined;
  /** Ends the call whose receiver was just written. */
  #close = '';

  constructor(to: Emitter, chain: acorn.ChainExpression) {
    this.#to = to;
    this.#chain = chain;
    this.#flush = (prefix) => to.before(chain.start, prefix);
  }

  #temp(): string {
    return this.#to.local(this.#chain, `t${this.#chain.start}_${this.#guards}`);
  }

  /** Ends the stretch at the `?.` at `token`: `(variable = so far) == null ? void 0 : next`. */
  #guard(token: number, open: string, next: string): void {
    this.#prefix.unshift(open);
    this.#flush(this.#prefix.join(''));
    this.#prefix.length = 0;
    this.#guards++;
    this.#flush = (prefix) => this.#to.replace(token, token + 2, `)==null?void 0:${prefix}${next}`);
  }

  member(link: acorn.MemberExpression, called: acorn.CallExpression | undefined): void {
    const token = memberToken(this.#to, link);
    if (link.optional) {
      const held = this.#temp();
      this.#guard(token, `((${held}=`, `${held}${link.computed ? '' : '.'}`);
      // What follows uses the variable as its receiver, with no text of its own to insert before the member.
      if (called && this.#lowered(called)) this.#receiver(link, called, held, undefined);
      return;
    }
    if (called && this.#lowered(called)) this.#receiver(link, called, undefined, token);
  }

  #lowered(call: acorn.CallExpression): boolean {
    return call.optional || this.#to.colours.callBlocks(call);
  }

  /** Keeps the object of a method that is about to be called. */
  #receiver(
    link: acorn.MemberExpression,
    called: acorn.CallExpression,
    held: string | undefined,
    token: number | undefined,
  ): void {
    const to = this.#to;
    if (called.optional) {
      const self = to.local(this.#chain, `s${this.#chain.start}_${this.#guards}`);
      const callee = this.#temp();
      this.#split = [self, callee];
      if (held !== undefined) this.#prefix.unshift(`${self}=${held},${callee}=`);
      else if (token !== undefined) {
        this.#prefix.unshift(`${self}=`);
        to.after(token, `,${callee}=${self}`);
      }
      return;
    }
    const twin = link.property.type === 'PrivateIdentifier' && privateTwin(to, link);
    if (twin) {
      const [start, close] = to.suspend(called, link);
      this.#close = `)${close}`;
      this.#prefix.unshift(`${start}${to.names.rt('m')}(`);
      to.after(link.property.end, to.names.prefix);
      return;
    }
    const o = held ?? to.local(this.#chain, 'o');
    const [start, close] = to.suspend(called, link);
    this.#close = close;
    const open = `${start}${to.names.rt(helper('c', called))}(`;
    if (link.object.type === 'Super') this.#prefix.unshift(`${open}this,`);
    else if (held !== undefined) this.#prefix.unshift(`${open}${held},`);
    else if (token !== undefined) {
      this.#prefix.unshift(`${open}${o}=`);
      to.after(token, `,${o}`);
    }
  }

  call(link: acorn.CallExpression, before: Link | undefined): void {
    const to = this.#to;
    if (!this.#lowered(link)) return;
    const paren = findToken(to.code, link.callee.end, '(', ')?.');
    if (link.optional) {
      const token = findToken(to.code, link.callee.end, '?.', ')');
      const split = this.#split;
      this.#split = undefined;
      const callee = split?.[1] ?? this.#temp();
      this.#guard(token, split ? '((' : `((${callee}=`, split ? `${split[0]},${callee}` : callee);
      const [open, end] = to.suspend(link, link.callee);
      this.#prefix.unshift(`${open}${to.names.rt(helper(split ? 'c' : 'f', link))}(`);
      emitArguments(to, link, paren);
      to.after(link.end, end);
      return;
    }
    if (before?.type === 'MemberExpression') {
      const twin = before.property.type === 'PrivateIdentifier' && privateTwin(to, before);
      if (!twin) emitArguments(to, link, paren);
      to.after(link.end, this.#close);
      return;
    }
    const [open, end] = to.suspend(link, link.callee);
    this.#prefix.unshift(`${open}${to.names.rt(helper('f', link))}(`);
    emitArguments(to, link, paren);
    to.after(link.end, end);
  }

  end(): void {
    this.#flush(this.#prefix.join(''));
    this.#to.after(this.#chain.end, ')'.repeat(this.#guards));
  }
}
