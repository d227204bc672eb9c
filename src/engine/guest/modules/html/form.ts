/** Values of form controls and what a form would send. */
import type { AnyNode, Tag } from './dom.ts';
import { innerHtml, isTag, select, textOf } from './dom.ts';

const CONTROLS = 'input,select,button,textarea';
/** Never part of what a form sends unless pressed. */
const NOT_SENT = new Set(['submit', 'button', 'reset', 'image', 'file']);

export const attribute = (node: AnyNode, name: string): string | undefined =>
  isTag(node) && Object.hasOwn(node.attribs, name) ? node.attribs[name] : undefined;

const valueOrMarkup = (node: Tag): string => attribute(node, 'value') ?? innerHtml(node);

export const selectedOptions = (node: Tag): Tag[] => select('option[selected]', node);

/** What `val()` gives: a string, an array for `<select multiple>`, undefined for what has no value. */
export function valueOf(node: AnyNode): string | string[] | undefined {
  if (!isTag(node)) return undefined;
  switch (node.name) {
    case 'input':
      return attribute(node, 'value') ?? '';
    case 'button':
    case 'option':
      return valueOrMarkup(node);
    case 'textarea':
      return textOf(node);
    case 'select': {
      const values = selectedOptions(node).map(valueOrMarkup);
      return attribute(node, 'multiple') === undefined ? (values[0] ?? '') : values;
    }
    default:
      return undefined;
  }
}

function isSent(node: Tag): boolean {
  const type = (attribute(node, 'type') ?? '').toLowerCase();
  if (!attribute(node, 'name') || attribute(node, 'disabled') !== undefined) return false;
  if (node.name === 'button' || NOT_SENT.has(type)) return false;
  // Recorded: k6 leaves out a box whose `checked` has no value, which browsers would send.
  return (type !== 'checkbox' && type !== 'radio') || Boolean(attribute(node, 'checked'));
}

/** Names and values of the controls in these forms, and of controls that are themselves given, in document order. */
export function fieldsOf(nodes: readonly AnyNode[]): [name: string, value: string][] {
  const controls = nodes.flatMap((node) => {
    if (!isTag(node)) return [];
    return node.name === 'form' ? select(CONTROLS, node) : CONTROLS.split(',').includes(node.name) ? [node] : [];
  });
  return controls.filter(isSent).flatMap((node) => {
    const name = attribute(node, 'name') ?? '';
    const value = valueOf(node) ?? '';
    return (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]);
  });
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** A `data-` attribute as the value it spells: JSON, number, boolean, null or the text itself. */
export function dataValue(text: string): unknown {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  if (NUMBER.test(text) && String(Number(text)) === text) return Number(text);
  if (/^(?:\{[^]*\}|\[[^]*\])$/.test(text)) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  }
  return text;
}

export const dashed = (key: string) => key.replace(/[A-Z]/g, (char) => `-${char.toLowerCase()}`);
export const camel = (key: string) => key.replace(/-([a-z])/g, (_, char: string) => char.toUpperCase());
