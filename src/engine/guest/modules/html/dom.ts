/** The document tree behind k6/html: parsing, selecting, text and markup. No script-visible objects here. */
import { compile, selectAll } from 'css-select';
import type { AnyNode, ChildNode, Document, Element as Tag } from 'domhandler';
import { isComment, isDirective, isDocument, isTag, isText } from 'domhandler';
import { parse } from 'parse5';
import { adapter } from 'parse5-htmlparser2-tree-adapter';

export type { AnyNode, Document, Tag };
export { isComment, isDirective, isDocument, isTag, isText };

/** Elements without content and end tag. */
const VOID = new Set('area base br col embed hr img input keygen link meta param source track wbr'.split(' '));
/** Elements whose text is markup already. */
const RAW_TEXT = new Set('iframe noembed noframes noscript plaintext script style xmp'.split(' '));
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  '\r': '&#13;',
};

/** Any text is a document to an HTML5 parser: missing html, head and body are added. */
export function parseDocument(source: string): Document {
  return parse(source, { treeAdapter: adapter });
}

const NOTHING = () => false;

/** A test for elements; a selector that is not valid matches nothing. */
export function matcher(selector: string): (node: AnyNode) => boolean {
  try {
    const test = compile<AnyNode, Tag>(selector, { relativeSelector: false });
    return (node) => isTag(node) && test(node);
  } catch {
    return NOTHING;
  }
}

/** Descendants of `root` that match, in document order; none for an invalid selector. */
export function select(selector: string, root: AnyNode): Tag[] {
  try {
    return selectAll<AnyNode, Tag>(selector, root, { relativeSelector: false });
  } catch {
    return [];
  }
}

export function childrenOf(node: AnyNode): readonly ChildNode[] {
  return 'children' in node ? node.children : [];
}

/** The tree keeps template contents and documents as nodes without being elements; a script never sees these. */
export function parentOf(node: AnyNode): AnyNode | undefined {
  return node.parent ?? undefined;
}

export function parentTag(node: AnyNode): Tag | undefined {
  return node.parent && isTag(node.parent) ? node.parent : undefined;
}

export function textOf(node: AnyNode): string {
  if (isText(node)) return node.data;
  let text = '';
  for (const child of childrenOf(node)) text += textOf(child);
  return text;
}

export function rootOf(node: AnyNode): AnyNode {
  let root = node;
  while (root.parent) root = root.parent;
  return root;
}

const escape = (text: string) => text.replace(/[&'<>"\r]/g, (char) => ESCAPES[char] ?? char);

export function innerHtml(node: AnyNode): string {
  let html = '';
  for (const child of childrenOf(node)) html += outerHtml(child);
  return html;
}

/** Markup as k6 writes it: void elements end in `/>`, quotes are escaped in text too. */
export function outerHtml(node: AnyNode): string {
  if (isText(node)) {
    return node.parent && isTag(node.parent) && RAW_TEXT.has(node.parent.name) ? node.data : escape(node.data);
  }
  if (isComment(node)) return `<!--${node.data}-->`;
  if (isDirective(node)) return `<${node.data}>`;
  if (!isTag(node)) return innerHtml(node);
  let tag = node.name;
  for (const { name, value, prefix } of node.attributes)
    tag += ` ${prefix ? `${prefix}:` : ''}${name}="${escape(value)}"`;
  return VOID.has(node.name) ? `<${tag}/>` : `<${tag}>${innerHtml(node)}</${node.name}>`;
}
