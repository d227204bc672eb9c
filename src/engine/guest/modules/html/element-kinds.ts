/** Elements that have methods of their own, by tag name. */
import { type AnyNode, isTag, rootOf, select, type Tag, textOf } from './dom.ts';
import { Element, nodeOf, pageOf } from './element.ts';
import { around, childTags, formOf, labelsOf, numberOf, ownAttribute, words, wrap, wrapAll } from './element-tools.ts';
import { attribute, selectedOptions, valueOf } from './form.ts';
import { Button, Field, FieldSet, Form, Label, Labelled, Legend, Owned } from './form-elements.ts';
import { Linked } from './link-element.ts';
import type { Page } from './page.ts';
import { REFLECTED_TAGS, reflectedOf, type Reflected } from './reflection.ts';
import { Table, TableCell, TableCol, TableRow, TableSection } from './table-elements.ts';
import { resolveUrl } from './url.ts';

class DataList extends Element {
  options(): Element[] {
    return this.querySelectorAll('option');
  }
}

class Link extends Element {
  relList(): string[] {
    return words(ownAttribute(this, 'rel'));
  }
}

class ImageMap extends Element {
  areas(): Element[] {
    return this.querySelectorAll('area');
  }
  images(): Element[] {
    const wanted = `#${ownAttribute(this, 'name') ?? ''}`;
    const users = select('img[usemap],object[usemap]', rootOf(nodeOf(this)));
    return wrapAll(
      this,
      users.filter((tag) => tag.attribs['usemap'] === wanted),
    );
  }
}

class Media extends Element {
  textTracks(): Element[] {
    return wrapAll(this, childTags(this, 'track'));
  }
}

class Meter extends Element {
  labels(): Element[] {
    return labelsOf(this);
  }
}

class Option extends Element {
  /** Also disabled by its group. */
  disabled(): boolean {
    const group = around(nodeOf(this), 'optgroup');
    return this.hasAttribute('disabled') || (group !== undefined && attribute(group, 'disabled') !== undefined);
  }
  form(): Element | undefined {
    return wrap(this, formOf(nodeOf(this)));
  }
  index(): number {
    const list = around(nodeOf(this), 'select', 'datalist');
    return list ? select('option', list).indexOf(nodeOf(this) as Tag) : 0;
  }
  label(): string {
    return ownAttribute(this, 'label') ?? this.textContent();
  }
  text(): string {
    return this.textContent();
  }
  value(): string {
    return ownAttribute(this, 'value') ?? this.textContent();
  }
}

class Output extends Labelled {
  defaultValue(): string {
    return this.textContent();
  }
  value(): string {
    return this.textContent();
  }
}

class Progress extends Element {
  labels(): Element[] {
    return labelsOf(this);
  }
  max(): number {
    const max = numberOf(ownAttribute(this, 'max'), 1);
    return max > 0 ? max : 1;
  }
  /** -1 without a value. */
  position(): number {
    return this.hasAttribute('value') ? this.value() / this.max() : -1;
  }
  value(): number {
    return Math.min(Math.max(numberOf(ownAttribute(this, 'value'), 0), 0), this.max());
  }
}

class Script extends Element {
  text(): string {
    return this.textContent();
  }
}

class Select extends Labelled {
  #options(): Tag[] {
    return select('option', nodeOf(this));
  }
  #selected(): Tag[] {
    const marked = selectedOptions(nodeOf(this) as Tag);
    if (marked.length > 0 || this.hasAttribute('multiple')) return marked;
    return this.#options().slice(0, 1);
  }
  length(): number {
    return this.#options().length;
  }
  options(): Element[] {
    return wrapAll(this, this.#options());
  }
  selectedIndex(): number {
    const [first] = this.#selected();
    return first ? this.#options().indexOf(first) : -1;
  }
  selectedOptions(): Element[] {
    return wrapAll(this, this.#selected());
  }
  size(): number {
    return numberOf(ownAttribute(this, 'size'), this.hasAttribute('multiple') ? 4 : 1);
  }
  type(): string {
    return this.hasAttribute('multiple') ? 'select-multiple' : 'select-one';
  }
  value(): string {
    const [first] = this.#selected();
    return first ? (attribute(first, 'value') ?? textOf(first)) : '';
  }
}

class TextArea extends Labelled {
  length(): number {
    return this.textContent().length;
  }
  defaultValue(): string {
    return this.textContent();
  }
  value(): string {
    return String(valueOf(nodeOf(this)) ?? '');
  }
}

class Title extends Element {
  text(): string {
    return this.textContent();
  }
}

const BEHAVIOUR: Readonly<Record<string, typeof Element>> = {
  __proto__: null as never,
  a: Linked,
  area: Linked,
  audio: Media,
  button: Button,
  col: TableCol,
  colgroup: TableCol,
  datalist: DataList,
  fieldset: FieldSet,
  form: Form,
  input: Field,
  keygen: Labelled,
  label: Label,
  legend: Legend,
  link: Link,
  map: ImageMap,
  meter: Meter,
  object: Owned,
  option: Option,
  output: Output,
  progress: Progress,
  script: Script,
  select: Select,
  table: Table,
  tbody: TableSection,
  td: TableCell,
  textarea: TextArea,
  tfoot: TableSection,
  th: TableCell,
  thead: TableSection,
  title: Title,
  tr: TableRow,
  video: Media,
};

function reflect(element: Element, { attribute: name, kind, fallback }: Reflected): unknown {
  const text = ownAttribute(element, name);
  switch (kind) {
    case 'boolean':
      return text !== undefined;
    case 'number':
      return numberOf(text, Number(fallback));
    case 'url':
      return text === undefined ? '' : resolveUrl(text, pageOf(element).url);
    case 'string':
      return text ?? fallback;
  }
}

/** The class of a tag: its behaviour plus a method for each attribute it reflects that the behaviour does not answer. */
function classOf(tag: string): typeof Element {
  const Behaviour = BEHAVIOUR[tag] ?? Element;
  const Kind = class extends Behaviour {};
  for (const reflected of reflectedOf(tag)) {
    if (reflected.method in Behaviour.prototype) continue;
    const { [reflected.method]: value } = {
      [reflected.method](this: Element): unknown {
        return reflect(this, reflected);
      },
    };
    Object.defineProperty(Kind.prototype, reflected.method, { value, writable: true, configurable: true });
  }
  return Kind;
}

const classes = new Map<string, typeof Element>();

export const KNOWN_TAGS: readonly string[] = [...new Set([...Object.keys(BEHAVIOUR), ...REFLECTED_TAGS])].sort();

/** Made on first use: most documents need few of them. */
export function makeElement(node: AnyNode, page: Page): Element {
  if (!isTag(node)) return new Element(node, page);
  const tag = KNOWN_TAGS.includes(node.name) ? node.name : '*';
  let Kind = classes.get(tag);
  if (!Kind) classes.set(tag, (Kind = classOf(tag)));
  return new Kind(node, page);
}
