/** k6/html, and the documents behind `Response.html()`, `submitForm` and `clickLink`. */
import {
  type Frame,
  type GuestContext,
  type ModuleFactory,
  native,
  type ScriptFunction,
  type Steps,
  suspendable,
} from '../../runtime/api.ts';
import { type AnyNode, type Document, parseDocument } from './dom.ts';
import { makeElement } from './element-kinds.ts';
import type { Page } from './page.ts';
import { Selection, testOf } from './selection.ts';

export type { Selection };

export interface Html {
  /** @param url of the page: links of its elements are resolved against it */
  parse(source: string, url?: string): Selection;
}

type MakeArgument = (page: Page, node: AnyNode) => unknown;
const asSelection: MakeArgument = (page, node) => page.selection([node]);
const asElement: MakeArgument = (page, node) => page.element(node);

function selfOf(value: unknown): Selection {
  if (value instanceof Selection) return value;
  throw new TypeError('this method must be called on a Selection');
}

function callback(value: unknown, method: string): ScriptFunction {
  if (typeof value === 'function') return value as ScriptFunction;
  throw new TypeError(`the argument of ${method}() must be a function`);
}

/** Calls back for each node in turn, and gives what came back. */
function* visit(steps: Steps, self: Selection, fn: ScriptFunction, make: MakeArgument): Frame<unknown[]> {
  const page = Selection.page(self);
  const results: unknown[] = [];
  for (const [index, node] of Selection.nodes(self).entries()) {
    results.push(yield* steps.call(fn, undefined, [index, make(page, node)]));
  }
  return results;
}

/** Which nodes pass: a selector, a Selection, an Element, or a function of the script. */
function* verdicts(steps: Steps, self: Selection, test: unknown): Frame<boolean[]> {
  if (typeof test !== 'function') return Selection.nodes(self).map(testOf(test));
  const results = yield* visit(steps, self, test as ScriptFunction, asSelection);
  return results.map(Boolean);
}

/** The methods that call the script are made per VU, because only a VU's context can suspend. */
function selectionClass(ctx: GuestContext): typeof Selection {
  const VuSelection = class extends Selection {};
  Object.defineProperty(VuSelection, 'name', { value: 'Selection' });
  const method = (name: string, body: (self: Selection, steps: Steps, argument: unknown) => Frame): void => {
    const value = suspendable(ctx, name, 1, function (steps, argument) {
      return body(selfOf(this), steps, argument);
    });
    Object.defineProperty(VuSelection.prototype, name, { value, writable: true, configurable: true });
  };
  const keep = (self: Selection, passed: (index: number) => boolean) =>
    Selection.page(self).selection(Selection.nodes(self).filter((_, index) => passed(index)));

  method('each', function* (self, steps, handler) {
    yield* visit(steps, self, callback(handler, 'each'), asElement);
    return self;
  });
  method('map', (self, steps, mapper) => visit(steps, self, callback(mapper, 'map'), asSelection));
  method('filter', function* (self, steps, test) {
    const passed = yield* verdicts(steps, self, test);
    return keep(self, (index) => passed[index] === true);
  });
  method('not', function* (self, steps, test) {
    const passed = yield* verdicts(steps, self, test);
    return keep(self, (index) => passed[index] !== true);
  });
  method('is', function* (self, steps, test) {
    return (yield* verdicts(steps, self, test)).includes(true);
  });
  return VuSelection;
}

const documents = new WeakMap<GuestContext, Html>();

/** One per VU; nothing is set up before the first document. */
export function createHtml(ctx: GuestContext): Html {
  const known = documents.get(ctx);
  if (known) return known;
  let VuSelection: typeof Selection | undefined;
  const html: Html = {
    parse(source, url) {
      const Class = (VuSelection ??= selectionClass(ctx));
      const page: Page = {
        url,
        selection: (nodes) => new Class(nodes, page),
        element: (node) => makeElement(node, page),
      };
      const document: Document = parseDocument(source);
      return page.selection([document]);
    },
  };
  documents.set(ctx, html);
  return html;
}

export const htmlModule: ModuleFactory = (ctx) => {
  const parseHTML = native('parseHTML', 1, (source) => createHtml(ctx).parse(String(source)));
  return { parseHTML, default: { parseHTML } };
};
