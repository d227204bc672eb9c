/** How `console.log` shows values, as k6 does. */

/* eslint-disable @typescript-eslint/unbound-method -- builtins, taken before a script can patch them */
const { apply, ownKeys, getOwnPropertyDescriptor } = Reflect;
const { isArray } = Array;
const isView = ArrayBuffer.isView;
const toISOString = Date.prototype.toISOString;
const errorToString = Error.prototype.toString;

/** One line for a console call. */
export function formatArguments(args: readonly unknown[]): string {
  let line = '';
  for (let i = 0; i < args.length; i++) line += (i === 0 ? '' : ' ') + formatTop(args[i]);
  return line;
}

/** Primitives are plain text at the top level, strings in objects are quoted. */
function formatTop(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'symbol':
      return value.description ?? '';
    case 'number':
    case 'boolean':
    case 'undefined':
    case 'bigint':
      return String(value);
    default:
      return formatNested(value, []);
  }
}

function formatNested(value: unknown, parents: readonly unknown[]): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'undefined':
      return 'null';
    case 'symbol':
    case 'number':
    case 'boolean':
    case 'bigint':
      return formatTop(value);
    case 'function':
      return '[object Function]';
    default:
      return value === null ? 'null' : formatObject(value as object, parents);
  }
}

function formatObject(value: object, parents: readonly unknown[]): string {
  for (const parent of parents) if (parent === value) return '[Circular]';
  if (value instanceof Error) return apply(errorToString, value, []);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'null' : `"${apply(toISOString, value, [])}"`;
  const path = [...parents, value];
  if (isArray(value)) return formatList(value, path);
  if (value instanceof ArrayBuffer) {
    return `ArrayBuffer { [Uint8Contents]: <${hex(new Uint8Array(value))}>, byteLength: ${value.byteLength} }`;
  }
  if (isView(value) && !(value instanceof DataView)) {
    const list = value as Uint8Array;
    return `${list.constructor.name}(${list.length}) ${formatList(list as unknown as unknown[], path)}`;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return formatNested(apply(toJSON, value, []), path);
  let text = '';
  for (const key of ownKeys(value)) {
    if (typeof key === 'symbol' || getOwnPropertyDescriptor(value, key)?.enumerable !== true) continue;
    text += `${text === '' ? '' : ', '}${key}: ${formatNested((value as Record<string, unknown>)[key], path)}`;
  }
  return text === '' ? '{}' : `{ ${text} }`;
}

function formatList(list: readonly unknown[], path: readonly unknown[]): string {
  let text = '';
  for (let i = 0; i < list.length; i++) text += (i === 0 ? '' : ', ') + formatNested(list[i], path);
  return text === '' ? '[]' : `[ ${text} ]`;
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    const digits = (bytes[i] as number).toString(16);
    text += `${i === 0 ? '' : ' '}${digits.length === 1 ? '0' : ''}${digits}`;
  }
  return text;
}
