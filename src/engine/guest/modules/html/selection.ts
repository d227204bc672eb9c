import type { Page } from './page.ts';
import { type AnyNode, childrenOf, innerHtml, isTag, matcher, parentTag, select, type Tag, textOf } from './dom.ts';
import { Element, nodeOf } from './element.ts';
import { attribute, camel, dashed, dataValue, fieldsOf, valueOf } from './form.ts';
import { encodeForm } from './url.ts';

type Test = (node: AnyNode) => boolean;
const ANY: Test = () => true;

const unique = <T>(nodes: readonly T[]): T[] => [...new Set(nodes)];

/**
 * A set of nodes, as k6/html's Selection. What calls back into the script (each, map, filter …) is added per VU in
 * `./index.ts`.
 */
export class Selection {
  readonly #nodes: readonly AnyNode[];
  readonly #page: Page;

  constructor(nodes: readonly AnyNode[], page: Page) {
    this.#nodes = nodes;
    this.#page = page;
  }

  static nodes(selection: Selection): readonly AnyNode[] {
    return selection.#nodes;
  }

  static page(selection: Selection): Page {
    return selection.#page;
  }

  #of(nodes: readonly AnyNode[]): Selection {
    return this.#page.selection(nodes);
  }

  /** Collects nodes from each node of the set, once each, those that pass the filter. */
  #collect(from: (node: AnyNode) => readonly AnyNode[], filter: unknown): Selection {
    return this.#of(unique(this.#nodes.flatMap(from)).filter(optionalTest(filter)));
  }

  attr(name: string, fallback?: string): string | undefined {
    const [first] = this.#nodes;
    return (first && attribute(first, name)) ?? fallback;
  }

  children(selector?: unknown): Selection {
    return this.#collect((node) => childrenOf(node).filter(isTag), selector);
  }

  closest(selector: unknown): Selection {
    const test = testOf(selector);
    return this.#of(unique(this.#nodes.flatMap((node) => [node, ...ancestors(node)].find(test) ?? [])));
  }

  contents(): Selection {
    return this.#collect(childrenOf, undefined);
  }

  data(key?: unknown): unknown {
    const [first] = this.#nodes;
    if (!first || !isTag(first)) return undefined;
    if (typeof key === 'string') {
      const text = attribute(first, `data-${dashed(key)}`);
      return text === undefined ? undefined : dataValue(text);
    }
    const all: Record<string, unknown> = {};
    for (const { name, value } of first.attributes) {
      if (name.startsWith('data-')) all[camel(name.slice('data-'.length))] = dataValue(value);
    }
    return all;
  }

  eq(index: number): Selection {
    const node = this.#nodes.at(index);
    return this.#of(node ? [node] : []);
  }

  find(selector: unknown): Selection {
    if (typeof selector === 'string') return this.#collect((node) => select(selector, node), undefined);
    const wanted = nodesOf(selector);
    return this.#of(wanted.filter((node) => ancestors(node).some((ancestor) => this.#nodes.includes(ancestor))));
  }

  first(): Selection {
    return this.eq(0);
  }

  get(index: number): Element | undefined {
    const node = this.#nodes.at(index);
    return node && this.#page.element(node);
  }

  has(selector: unknown): Selection {
    const test = testOf(selector);
    return this.#of(this.#nodes.filter((node) => select('*', node).some(test)));
  }

  html(fallback?: string): string | undefined {
    const [first] = this.#nodes;
    return first ? innerHtml(first) : fallback;
  }

  last(): Selection {
    return this.eq(-1);
  }

  next(selector?: unknown): Selection {
    return this.#collect((node) => siblings(node, 'next').slice(0, 1), selector);
  }

  nextAll(selector?: unknown): Selection {
    return this.#collect((node) => siblings(node, 'next'), selector);
  }

  nextUntil(until?: unknown, filter?: unknown): Selection {
    return this.#collect((node) => before(siblings(node, 'next'), until), filter);
  }

  parent(selector?: unknown): Selection {
    return this.#collect((node) => ancestors(node).slice(0, 1), selector);
  }

  parents(selector?: unknown): Selection {
    return this.#collect(ancestors, selector);
  }

  parentsUntil(until?: unknown, filter?: unknown): Selection {
    return this.#collect((node) => before(ancestors(node), until), filter);
  }

  prev(selector?: unknown): Selection {
    return this.#collect((node) => siblings(node, 'prev').slice(0, 1), selector);
  }

  prevAll(selector?: unknown): Selection {
    return this.#collect((node) => siblings(node, 'prev'), selector);
  }

  prevUntil(until?: unknown, filter?: unknown): Selection {
    return this.#collect((node) => before(siblings(node, 'prev'), until), filter);
  }

  serialize(): string {
    return encodeForm(fieldsOf(this.#nodes));
  }

  serializeArray(): { name: string; value: string }[] {
    return fieldsOf(this.#nodes).map(([name, value]) => ({ name, value }));
  }

  serializeObject(): Record<string, string> {
    const object: Record<string, string> = {};
    for (const [name, value] of fieldsOf(this.#nodes)) object[name] = value;
    return object;
  }

  siblings(selector?: unknown): Selection {
    return this.#collect((node) => [...siblings(node, 'prev').reverse(), ...siblings(node, 'next')], selector);
  }

  size(): number {
    return this.#nodes.length;
  }

  slice(start: number, end?: number): Selection {
    return this.#of(this.#nodes.slice(start, end));
  }

  text(): string {
    return this.#nodes.map(textOf).join('');
  }

  toArray(): Selection[] {
    return this.#nodes.map((node) => this.#of([node]));
  }

  val(): string | string[] | undefined {
    const [first] = this.#nodes;
    return first && valueOf(first);
  }
}

/** The nodes of a Selection or an Element; a TypeError for anything else. */
export function nodesOf(value: unknown): readonly AnyNode[] {
  if (value instanceof Selection) return Selection.nodes(value);
  if (value instanceof Element) return [nodeOf(value)];
  throw new TypeError('expected a selector, a Selection or an Element');
}

export function testOf(value: unknown): Test {
  if (typeof value === 'string') return matcher(value);
  const nodes = new Set(nodesOf(value));
  return (node) => nodes.has(node);
}

const optionalTest = (value: unknown): Test => (value == null ? ANY : testOf(value));

function ancestors(node: AnyNode): Tag[] {
  const tags: Tag[] = [];
  for (let tag = parentTag(node); tag; tag = parentTag(tag)) tags.push(tag);
  return tags;
}

function siblings(node: AnyNode, direction: 'next' | 'prev'): Tag[] {
  const tags: Tag[] = [];
  for (let other = node[direction]; other; other = other[direction]) if (isTag(other)) tags.push(other);
  return tags;
}

function before(tags: readonly Tag[], until: unknown): readonly Tag[] {
  if (until == null) return tags;
  const end = tags.findIndex(testOf(until));
  return end < 0 ? tags : tags.slice(0, end);
}
