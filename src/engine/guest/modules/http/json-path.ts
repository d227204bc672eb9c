/**
 * Selector paths of `Response.json()`: the GJSON path syntax (https://github.com/tidwall/gjson/blob/master/SYNTAX.md),
 * evaluated on parsed JSON. A path that leads nowhere gives undefined.
 */
import { matches, queryTest } from './json-query.ts';

/** One component of a path, and what follows it. */
interface Step {
  readonly text: string;
  /** `.`, `|`, or empty at the end of the path. */
  readonly separator: string;
  readonly rest: string;
}

export function selectPath(value: unknown, path: string): unknown {
  if (path === '') return undefined;
  const first = path[0] ?? '';
  if (first === '@') {
    const modified = modify(value, path);
    if (modified !== undefined) return follow(modified.value, modified);
  }
  if (first === '{' || first === '[') {
    const end = closing(path, 0);
    if (end > 0) return follow(multipath(value, path.slice(0, end + 1)), after(path, end + 1));
  }
  if (first === '!') {
    const step = literalStep(path);
    return follow(parsed(step.text), step);
  }
  if (Array.isArray(value)) return selectInArray(value, path);
  const step = nextStep(path);
  if (typeof value !== 'object' || value === null) return undefined;
  const key = keyFor(value as Readonly<Record<string, unknown>>, step.text);
  return key === undefined ? undefined : follow((value as Readonly<Record<string, unknown>>)[key], step);
}

function follow(value: unknown, step: Pick<Step, 'separator' | 'rest'>): unknown {
  if (step.separator === '' || value === undefined) return value;
  return selectPath(value, step.rest);
}

function selectInArray(items: readonly unknown[], path: string): unknown {
  if (!path.startsWith('#')) {
    const step = nextStep(path);
    return /^\d+$/.test(step.text) ? follow(items[Number(step.text)], step) : undefined;
  }
  const open = path[1];
  if (open !== '(' && open !== '[') {
    const step = after(path, 1);
    return step.separator === '.' ? each(items, step.rest) : follow(items.length, step);
  }
  const end = closing(path, 1);
  if (end < 0) return undefined;
  const test = queryTest(path.slice(2, end), selectPath);
  if (path[end + 1] !== '#') return follow(items.find(test), after(path, end + 1));
  const step = after(path, end + 2);
  const found = items.filter(test);
  return step.separator === '.' ? each(found, step.rest) : follow(found, step);
}

/** Applies a path to every element; a pipe in it takes the result as a whole. */
function each(items: readonly unknown[], path: string): unknown {
  const pipe = topLevel(path, '|');
  const inner = pipe < 0 ? path : path.slice(0, pipe);
  const results = items.map((item) => selectPath(item, inner)).filter((result) => result !== undefined);
  return pipe < 0 ? results : selectPath(results, path.slice(pipe + 1));
}

/** The first key that fits: in a path component `*` and `?` are wildcards unless escaped. */
function keyFor(object: Readonly<Record<string, unknown>>, component: string): string | undefined {
  if (/(?:^|[^\\])(?:\\\\)*[*?]/.test(component)) return Object.keys(object).find((key) => matches(key, component));
  const key = component.replace(/\\(.)/gs, '$1');
  return Object.hasOwn(object, key) ? key : undefined;
}

function nextStep(path: string): Step {
  for (let i = 0; i < path.length; i++) {
    const char = path[i];
    if (char === '\\') i++;
    else if (char === '.' || char === '|') return { text: path.slice(0, i), separator: char, rest: path.slice(i + 1) };
  }
  return { text: path, separator: '', rest: '' };
}

/** What follows position `at`, where a component has just ended. */
function after(path: string, at: number): Step {
  const separator = path[at] ?? '';
  return { text: path.slice(0, at), separator, rest: path.slice(at + 1) };
}

function literalStep(path: string): Step {
  const start = path[1] ?? '';
  const end = start === '{' || start === '[' || start === '"' ? closing(path, 1) + 1 : nextStep(path).text.length;
  return { ...after(path, end), text: path.slice(1, end) };
}

/** Position of the bracket or quote that closes the one at `open`; -1 when it never is. */
function closing(path: string, open: number): number {
  if (path[open] === '"') return closingQuote(path, open);
  let depth = 0;
  for (let i = open; i < path.length; i++) {
    const char = path[i];
    if (char === '\\') i++;
    else if (char === '"') {
      i = closingQuote(path, i);
      if (i < 0) return -1;
    } else if (char === '(' || char === '[' || char === '{') depth++;
    else if ((char === ')' || char === ']' || char === '}') && --depth === 0) return i;
  }
  return -1;
}

function closingQuote(path: string, open: number): number {
  for (let i = open + 1; i < path.length; i++) {
    if (path[i] === '\\') i++;
    else if (path[i] === '"') return i;
  }
  return -1;
}

/** Position of `wanted` outside brackets, quotes and escapes; -1 when there is none. */
function topLevel(path: string, wanted: string): number {
  for (let i = 0; i < path.length; i++) {
    const char = path[i] ?? '';
    if (char === wanted) return i;
    if (char === '\\') i++;
    else if ('([{"'.includes(char)) {
      const end = closing(path, i);
      if (end < 0) return -1;
      i = end;
    }
  }
  return -1;
}

/** `{a,"b":c.d}` makes an object, `[a,c.d]` an array; what is not there is left out. */
function multipath(value: unknown, text: string): unknown {
  const parts: string[] = [];
  let inner = text.slice(1, -1);
  for (let comma = topLevel(inner, ','); comma >= 0; comma = topLevel(inner, ',')) {
    parts.push(inner.slice(0, comma));
    inner = inner.slice(comma + 1);
  }
  parts.push(inner);
  if (text.startsWith('['))
    return parts.map((path) => selectPath(value, path.trim())).filter((item) => item !== undefined);
  const result: Record<string, unknown> = {};
  for (const part of parts) {
    const named = /^\s*("(?:[^"\\]|\\.)*"):(.*)$/s.exec(part);
    const path = (named?.[2] ?? part).trim();
    const item = selectPath(value, path);
    if (item === undefined) continue;
    const key = named?.[1] === undefined ? lastName(path) : String(parsed(named[1]));
    Object.defineProperty(result, key, { value: item, writable: true, enumerable: true, configurable: true });
  }
  return result;
}

function lastName(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('.'), path.lastIndexOf('|')) + 1);
  return /^[A-Za-z0-9_$ -]+$/.test(name) ? name : '_';
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

type Modifier = (value: unknown, argument: unknown) => unknown;

const modifiers: Readonly<Record<string, Modifier>> = {
  __proto__: null as never,
  this: (value) => value,
  valid: (value) => value,
  ugly: (value) => value,
  pretty: (value) => value,
  reverse(value) {
    if (Array.isArray(value)) return value.toReversed() as unknown[];
    return isObject(value) ? Object.fromEntries(Object.entries(value).reverse()) : value;
  },
  keys(value) {
    if (Array.isArray(value)) return value.map(() => null);
    return isObject(value) ? Object.keys(value) : [];
  },
  values(value) {
    return typeof value === 'object' && value !== null ? Object.values(value as Record<string, unknown>) : [];
  },
  flatten(value, argument) {
    if (!Array.isArray(value)) return value;
    return value.flat((argument as { deep?: unknown } | undefined)?.deep === true ? Infinity : 1) as unknown[];
  },
  join(value, argument) {
    if (!Array.isArray(value)) return value;
    const objects = value.filter(isObject);
    if ((argument as { preserve?: unknown } | undefined)?.preserve !== true)
      return Object.assign({}, ...objects) as unknown;
    // Repeated keys cannot both live in an object: the last one wins here too.
    return Object.fromEntries(objects.flatMap((each) => Object.entries(each)));
  },
  tostr: (value) => JSON.stringify(value),
  fromstr: (value) => (typeof value === 'string' ? parsed(value) : undefined),
  group(value) {
    if (!isObject(value)) return undefined;
    const rows: Record<string, unknown>[] = [];
    for (const [key, column] of Object.entries(value)) {
      if (Array.isArray(column)) for (const [i, item] of column.entries()) (rows[i] ??= {})[key] = item;
    }
    return rows;
  },
  dig: (value, argument) => (typeof argument === 'string' ? dig(value, argument) : []),
};

/** Applies the modifier a path begins with; undefined when there is none of that name. */
function modify(value: unknown, path: string): (Step & { readonly value: unknown }) | undefined {
  const name = /^@([A-Za-z0-9_]+)/.exec(path)?.[1] ?? '';
  const modifier = modifiers[name];
  if (modifier === undefined) return undefined;
  let end = name.length + 1;
  let argument: unknown;
  if (path[end] === ':') {
    const start = end + 1;
    const bracketed = '{["('.includes(path[start] ?? ' ');
    end = bracketed ? closing(path, start) + 1 : start + nextStep(path.slice(start)).text.length;
    const text = path.slice(start, end);
    argument = parsed(text) ?? text;
  }
  return { ...after(path, end), value: modifier(value, argument) };
}

/** Everything a path finds, at any depth. */
function dig(value: unknown, path: string): unknown[] {
  const own = selectPath(value, path);
  const results: unknown[] = own === undefined ? [] : [own];
  if (Array.isArray(value) || isObject(value))
    for (const item of Object.values(value)) results.push(...dig(item, path));
  return results;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
