import type { AnyNode } from './dom.ts';
import type { Element } from './element.ts';
import type { Selection } from './selection.ts';

/** One parsed document of one VU: makes the objects the script sees. */
export interface Page {
  /** What relative links are resolved against: the response's URL, undefined for parseHTML. */
  readonly url: string | undefined;
  selection(nodes: readonly AnyNode[]): Selection;
  element(node: AnyNode): Element;
}
