/** What the elements' methods share. */
import { type AnyNode, childrenOf, isTag, rootOf, select, type Tag } from './dom.ts';
import { type Element, nodeOf, pageOf } from './element.ts';
import { attribute } from './form.ts';

export const wrap = (element: Element, node: AnyNode | undefined) => node && pageOf(element).element(node);
export const wrapAll = (element: Element, nodes: readonly AnyNode[]) =>
  nodes.map((node) => pageOf(element).element(node));
export const childTags = (element: Element, ...names: string[]) =>
  childrenOf(nodeOf(element)).filter((node): node is Tag => isTag(node) && names.includes(node.name));
export const ownAttribute = (element: Element, name: string) => attribute(nodeOf(element), name);
export const words = (text: string | undefined) => (text ?? '').split(/\s+/).filter(Boolean);
export const numberOf = (text: string | undefined, fallback: number) => {
  const value = Number.parseFloat(text ?? '');
  return Number.isNaN(value) ? fallback : value;
};

/** The first ancestor with one of these names. */
export function around(node: AnyNode, ...names: string[]): Tag | undefined {
  let parent = node.parent;
  while (parent && !(isTag(parent) && names.includes(parent.name))) parent = parent.parent;
  return parent && isTag(parent) ? parent : undefined;
}

export const byId = (node: AnyNode, id: string) => select('[id]', rootOf(node)).find((tag) => tag.attribs['id'] === id);

/** By the `form` attribute, else the form around. */
export function formOf(node: AnyNode): Tag | undefined {
  const id = attribute(node, 'form');
  const named = id ? byId(node, id) : undefined;
  return named?.name === 'form' ? named : around(node, 'form');
}

export function labelsOf(element: Element): Element[] {
  const node = nodeOf(element);
  const id = element.id();
  const outer = around(node, 'label');
  const labels = select('label', rootOf(node)).filter(
    (tag) => tag === outer || (id !== '' && tag.attribs['for'] === id),
  );
  return wrapAll(element, labels);
}
