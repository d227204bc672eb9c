import {
  type AnyNode,
  childrenOf,
  innerHtml,
  isComment,
  isDirective,
  isDocument,
  isTag,
  isText,
  matcher,
  outerHtml,
  parentOf,
  parentTag,
  rootOf,
  select,
  type Tag,
  textOf,
} from './dom.ts';
import { attribute } from './form.ts';
import type { Page } from './page.ts';

const HTML_NAMESPACE = 'http://www.w3.org/1999/xhtml';
const DOCTYPE_NODE = 10;

/** A node of a document, as k6/html's Element: everything is a method. */
export class Element {
  readonly #node: AnyNode;
  readonly #page: Page;

  constructor(node: AnyNode, page: Page) {
    this.#node = node;
    this.#page = page;
  }

  static node(element: Element): AnyNode {
    return element.#node;
  }

  static page(element: Element): Page {
    return element.#page;
  }

  #of(node: AnyNode | null | undefined): Element | undefined {
    return node ? this.#page.element(node) : undefined;
  }

  #all(nodes: readonly AnyNode[]): Element[] {
    return nodes.map((node) => this.#page.element(node));
  }

  #tags(): Tag[] {
    return childrenOf(this.#node).filter(isTag);
  }

  attributes(): Record<string, Attribute> {
    const all: Record<string, Attribute> = {};
    if (isTag(this.#node))
      for (const { name } of this.#node.attributes) all[name] = new Attribute(this, this.#node, name);
    return all;
  }

  childElementCount(): number {
    return this.#tags().length;
  }

  childNodes(): Element[] {
    return this.#all(childrenOf(this.#node));
  }

  children(): Element[] {
    return this.#all(this.#tags());
  }

  classList(): string[] {
    return (this.className() ?? '').split(/\s+/).filter(Boolean);
  }

  className(): string | undefined {
    return this.getAttribute('class');
  }

  /** Anything but an element is not contained, as it is neither the same nor equal. */
  contains(element: unknown): boolean {
    if (!(element instanceof Element)) return false;
    for (let node: AnyNode | undefined = element.#node; node; node = parentOf(node))
      if (node === this.#node) return true;
    return false;
  }

  firstChild(): Element | undefined {
    return this.#of(childrenOf(this.#node)[0]);
  }

  firstElementChild(): Element | undefined {
    return this.#of(this.#tags()[0]);
  }

  getAttribute(name: string): string | undefined {
    return attribute(this.#node, name);
  }

  getAttributeNode(name: string): Attribute | undefined {
    return isTag(this.#node) && this.hasAttribute(name) ? new Attribute(this, this.#node, name) : undefined;
  }

  getElementsByClassName(name: string): Element[] {
    const wanted = name.split(/\s+/).filter(Boolean);
    return this.#all(
      select('[class]', this.#node).filter((tag) => {
        const classes = new Set((attribute(tag, 'class') ?? '').split(/\s+/));
        return wanted.every((one) => classes.has(one));
      }),
    );
  }

  getElementsByTagName(name: string): Element[] {
    return this.#all(select('*', this.#node).filter((tag) => name === '*' || tag.name === name.toLowerCase()));
  }

  hasAttribute(name: string): boolean {
    return this.getAttribute(name) !== undefined;
  }

  hasAttributes(): boolean {
    return isTag(this.#node) && this.#node.attributes.length > 0;
  }

  hasChildNodes(): boolean {
    return childrenOf(this.#node).length > 0;
  }

  id(): string {
    return this.getAttribute('id') ?? '';
  }

  innerHTML(): string | undefined {
    return innerHtml(this.#node);
  }

  isDefaultNamespace(): boolean {
    return !isTag(this.#node) || (this.#node.namespace ?? HTML_NAMESPACE) === HTML_NAMESPACE;
  }

  isEqualNode(other: unknown): boolean {
    return other instanceof Element && outerHtml(this.#node) === outerHtml(other.#node);
  }

  isSameNode(other: unknown): boolean {
    return other instanceof Element && this.#node === other.#node;
  }

  lang(): string | undefined {
    return this.getAttribute('lang');
  }

  lastChild(): Element | undefined {
    return this.#of(childrenOf(this.#node).at(-1));
  }

  lastElementChild(): Element | undefined {
    return this.#of(this.#tags().at(-1));
  }

  matches(selector: string): boolean {
    return matcher(selector)(this.#node);
  }

  namespaceURI(): string {
    return isTag(this.#node) ? (this.#node.namespace ?? HTML_NAMESPACE) : '';
  }

  nextElementSibling(): Element | undefined {
    let next = this.#node.next;
    while (next && !isTag(next)) next = next.next;
    return this.#of(next);
  }

  nextSibling(): Element | undefined {
    return this.#of(this.#node.next);
  }

  nodeName(): string {
    if (isTag(this.#node)) return this.#node.name;
    if (isText(this.#node)) return '#text';
    if (isComment(this.#node)) return '#comment';
    return isDirective(this.#node) ? (this.#node['x-name'] ?? this.#node.name) : '#document';
  }

  nodeType(): number | undefined {
    return isDirective(this.#node) ? DOCTYPE_NODE : this.#node.nodeType;
  }

  nodeValue(): string | undefined {
    return isText(this.#node) || isComment(this.#node) ? this.#node.data : undefined;
  }

  ownerDocument(): Element | undefined {
    const root = rootOf(this.#node);
    return isDocument(root) ? this.#of(root) : undefined;
  }

  parentElement(): Element | undefined {
    return this.#of(parentTag(this.#node));
  }

  parentNode(): Element | undefined {
    return this.#of(parentOf(this.#node));
  }

  previousElementSibling(): Element | undefined {
    let previous = this.#node.prev;
    while (previous && !isTag(previous)) previous = previous.prev;
    return this.#of(previous);
  }

  previousSibling(): Element | undefined {
    return this.#of(this.#node.prev);
  }

  querySelector(selector: string): Element | undefined {
    return this.#of(select(selector, this.#node)[0]);
  }

  querySelectorAll(selector: string): Element[] {
    return this.#all(select(selector, this.#node));
  }

  textContent(): string {
    return textOf(this.#node);
  }

  toString(): string {
    return '[object html.Node]';
  }
}

export const nodeOf = (element: Element): AnyNode => Element.node(element);
export const pageOf = (element: Element): Page => Element.page(element);

/** An attribute of an element; name, value and owner are properties, the rest methods. */
export class Attribute {
  readonly name: string;
  readonly value: string;
  readonly ownerElement: Element;
  readonly #tag: Tag;

  constructor(owner: Element, tag: Tag, name: string) {
    this.name = name;
    this.value = tag.attribs[name] ?? '';
    this.ownerElement = owner;
    this.#tag = tag;
  }

  localName(): string {
    return this.name.slice(this.name.indexOf(':') + 1);
  }

  namespaceURI(): string {
    return this.#tag['x-attribsNamespace']?.[this.name] ?? '';
  }

  prefix(): string {
    return this.#tag['x-attribsPrefix']?.[this.name] ?? '';
  }
}
