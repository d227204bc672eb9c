/** Turns a bundled ES module into the function expression of contracts/script.ts. Loaded only on a cache miss. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import remapping from '@jridgewell/remapping';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import MagicString from 'magic-string';
import { PROGRAM_GLOBALS, type ImportedModule } from '../contracts/script.ts';
import { type AnyNode, eachChild, isFunction, parseProgram } from './ast.ts';
import type { Bundle } from './bundle.ts';
import { freeReferences, type FreeReference } from './free-names.ts';
import { writesRealm } from './realm-use.ts';
import { restoreNames } from './restore-names.ts';

export interface EmittedProgram {
  readonly code: string;
  readonly map: string;
  readonly imports: readonly ImportedModule[];
  readonly exports: readonly string[];
  readonly topLevelAwait: boolean;
  readonly ownRealm: boolean;
}

const name = (node: AnyNode): string => String(node['name'] ?? node['value']);
const quote = (text: string): string => JSON.stringify(text);
const isGlobal = (text: string): boolean => (PROGRAM_GLOBALS as readonly string[]).includes(text);

export function emitProgram({ code, map, commonJs, strict, sloppySources }: Bundle, entryDir: string): EmittedProgram {
  const program = parseProgram(code);
  const text = new MagicString(code);
  const prelude = new Prelude(code);
  const publish: string[] = [];
  const hoisted: string[] = [];
  const exports: string[] = [];

  const positions = new TraceMap(map);
  const lineStarts = [0, ...[...code.matchAll(/\n/g)].map((match) => match.index + 1)];
  const originOf = (offset: number): { source: string | null; name: string | null } => {
    const line = upperBound(lineStarts, offset);
    const column = offset - (lineStarts[line - 1] ?? 0);
    return originalPositionFor(positions, { line, column });
  };
  /** URL of the user's file that the code at `offset` comes from. */
  const sourceOf = (offset: number): string | undefined => originOf(offset).source ?? undefined;
  const dirOf = (offset: number): string => {
    const source = sourceOf(offset);
    return source?.startsWith('file://') ? path.dirname(fileURLToPath(source)) : entryDir;
  };

  const body = program['body'] as AnyNode[];
  const kept: AnyNode[] = [];
  for (const statement of body) {
    if (isRequireShim(statement)) {
      text.remove(statement.start, statement.end);
      continue;
    }
    kept.push(statement);
    switch (statement.type) {
      case 'ImportDeclaration':
        prelude.importStatement(statement);
        text.remove(statement.start, statement.end);
        break;
      case 'ExportAllDeclaration': {
        const module = prelude.module(name(statement['source'] as AnyNode), '*');
        const as = statement['exported'] as AnyNode | null;
        if (as) {
          exports.push(name(as));
          publish.push(`${quote(name(as))}: () => ${module}`);
        } else publish.push(`...${prelude.getters()}(${module}, true)`);
        text.remove(statement.start, statement.end);
        break;
      }
      case 'ExportNamedDeclaration': {
        const source = statement['source'] as AnyNode | null;
        for (const specifier of statement['specifiers'] as AnyNode[]) {
          const [local, exported] = [specifier['local'] as AnyNode, specifier['exported'] as AnyNode];
          exports.push(name(exported));
          const value = source ? prelude.bind(prelude.pick(name(source), name(local))) : name(local);
          publish.push(`${quote(name(exported))}: () => ${value}`);
        }
        text.remove(statement.start, statement.end);
        break;
      }
      case 'ExportDefaultDeclaration': {
        // esbuild emits this form for one thing only: what a CommonJS entry exports.
        const value = prelude.unique('$exports');
        const declared = statement['declaration'] as AnyNode;
        text.overwrite(statement.start, declared.start, `const ${value} = `);
        publish.push(`...${prelude.getters()}(${value}, false)`);
        break;
      }
      default:
        break;
    }
  }

  const seen = new Set<string>();
  const replace = (reference: FreeReference, by: string): void => {
    const { start, end } = reference.node;
    text.overwrite(start, end, reference.shorthand ? `${reference.name}: ${by}` : by);
  };
  const remaining: AnyNode = { ...program, body: kept };
  const isStrict = strict && !commonJs;
  // A sloppy file may create globals by assigning to them; the strict program declares them instead.
  const created = new Set<string>();
  const all = freeReferences(remaining);
  for (const { name: global, node, written } of isStrict ? all : []) {
    if (written && !isGlobal(global) && sloppySources.has(sourceOf(node.start) ?? '')) created.add(global);
  }
  for (const global of created) prelude.declareGlobal(global);
  const free = all.filter((reference) => !created.has(reference.name));
  for (const reference of free) {
    const { node } = reference;
    if (/^__require\d*$/.test(reference.name) || reference.name === 'require') {
      replace(reference, prelude.requireFrom(dirOf(node.start)));
    } else if (reference.name === 'open' && dirOf(node.start) !== entryDir) {
      replace(reference, prelude.openFrom(dirOf(node.start)));
    } else if (isGlobal(reference.name)) prelude.useGlobal(reference.name, reference.written);
    seen.add(reference.name);
  }
  // Direct eval sees the program's bindings.
  if (seen.has('eval')) for (const global of PROGRAM_GLOBALS) prelude.useGlobal(global, true);

  const visit = (node: AnyNode): void => {
    if (node.type === 'ImportExpression') {
      text.overwrite(node.start, (node['source'] as AnyNode).start, `${prelude.dynamicImport()}(`);
    } else if (node.type === 'Literal' && node['regex']) {
      const plain = plainRegex(node['regex'] as { pattern: string; flags: string });
      if (plain !== undefined) text.overwrite(node.start, node.end, plain);
    } else if (node.type === 'MetaProperty' && name(node['meta'] as AnyNode) === 'import') {
      text.overwrite(node.start, node.end, prelude.meta(sourceOf(node.start) ?? ''));
    }
    eachChild(node, visit);
  };
  for (const statement of kept) visit(statement);
  const topLevelAwait = kept.some(awaits);

  for (const { variable, was, is, after } of restoreNames(kept, text, (offset) => originOf(offset).name ?? undefined)) {
    const naming = prelude.naming(variable, was, is);
    if (after === undefined) hoisted.push(naming);
    else text.appendLeft(after, ` ${naming}`);
  }
  const ownRealm = writesRealm(remaining, free);

  const head = `(${topLevelAwait ? 'async ' : ''}function (${prelude.env}) {${isStrict ? " 'use strict';" : ''}`;
  text.prepend(`${head}${prelude.text()} ${hoisted.join(' ')}\n`);
  text.append(`\n${prelude.env}.publish({ ${publish.join(', ')} });\n})`);
  const outer = text.generateMap({ hires: 'boundary', source: 'bundle.js' });
  const composed = remapping(outer.toString(), (file) => (file === 'bundle.js' ? map : null), { excludeContent: true });
  return {
    code: text.toString(),
    map: composed.toString(),
    imports: prelude.imports(),
    exports,
    topLevelAwait,
    ownRealm,
  };
}

/** Awaits outside of any function. */
function awaits(node: AnyNode): boolean {
  if (isFunction(node)) return false;
  let found = node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node['await'] === true);
  eachChild(node, (child) => (found ||= awaits(child)));
  return found;
}

/**
 * k6's engine has no Unicode property escapes: in its regular expressions `\p{Lu}` means the text `p{Lu}`.
 * @returns the literal to write instead, undefined when there is no such escape
 */
function plainRegex({ pattern, flags }: { readonly pattern: string; readonly flags: string }): string | undefined {
  if (!flags.includes('u')) return undefined;
  const plain = pattern.replace(/\\(?:([pP])\{([^}]*)\}|[\s\S])/g, (escape, letter?: string, property = '') =>
    letter === undefined ? escape : `${letter}\\{${String(property)}\\}`,
  );
  return plain === pattern ? undefined : `/${plain}/${flags}`;
}

/** esbuild's stand-in for a missing `require`, which the engine's own replaces. */
function isRequireShim(statement: AnyNode): boolean {
  if (statement.type !== 'VariableDeclaration') return false;
  const [declaration] = statement['declarations'] as AnyNode[];
  const id = declaration?.['id'] as AnyNode | undefined;
  return id?.type === 'Identifier' && /^__require\d*$/.test(name(id));
}

/** How many elements of the sorted list are not above `value`. */
function upperBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The program's first line: bindings of what the bundle takes from the engine. */
class Prelude {
  readonly env: string;
  readonly #code: string;
  readonly #taken = new Set<string>();
  readonly #modules = new Map<string, { readonly variable: string; readonly names: Set<string> }>();
  readonly #bindings: string[] = [];
  readonly #created: string[] = [];
  readonly #helpers = new Map<string, { readonly variable: string; readonly value: string }>();
  readonly #globals = new Map<string, boolean>();

  constructor(code: string) {
    this.#code = code;
    this.env = this.unique('$env');
  }

  /** A name that occurs nowhere in the bundle. */
  unique(wanted: string): string {
    let candidate = wanted;
    for (let i = 1; this.#taken.has(candidate) || this.#code.includes(candidate); i++) candidate = `${wanted}${i}`;
    this.#taken.add(candidate);
    return candidate;
  }

  module(specifier: string, imported: string): string {
    let module = this.#modules.get(specifier);
    if (!module) {
      module = { variable: this.unique(`$m${this.#modules.size}`), names: new Set() };
      this.#modules.set(specifier, module);
    }
    module.names.add(imported);
    return module.variable;
  }

  /** An expression that is the named export, or throws as a link error does. */
  pick(specifier: string, imported: string): string {
    const pick = this.#helper(
      '$pick',
      `(module, key, from) => { if (!(key in module)) throw new SyntaxError("The requested module '" + from + "' does not provide an export named '" + key + "'"); return module[key]; }`,
    );
    return `${pick}(${this.module(specifier, imported)}, ${quote(imported)}, ${quote(specifier)})`;
  }

  /** A variable holding the value, set before the script's first statement. */
  bind(value: string): string {
    const variable = this.unique('$x');
    this.#bindings.push(`${variable} = ${value}`);
    return variable;
  }

  /** A statement that gives a function its own name back. */
  naming(variable: string, was: string, is: string): string {
    const helper = this.#helper(
      '$name',
      '(value, was, is) => { if (Object.getOwnPropertyDescriptor(value, "name")?.value === was) Object.defineProperty(value, "name", { value: is, configurable: true }); }',
    );
    return `${helper}(${variable}, ${quote(was)}, ${quote(is)});`;
  }

  importStatement(statement: AnyNode): void {
    const specifier = name(statement['source'] as AnyNode);
    const specifiers = statement['specifiers'] as AnyNode[];
    if (specifiers.length === 0) this.module(specifier, '*');
    for (const part of specifiers) {
      const local = name(part['local'] as AnyNode);
      const value =
        part.type === 'ImportNamespaceSpecifier'
          ? this.module(specifier, '*')
          : this.pick(
              specifier,
              part.type === 'ImportDefaultSpecifier' ? 'default' : name(part['imported'] as AnyNode),
            );
      this.#bindings.push(`${local} = ${value}`);
    }
  }

  /** A binding of the program in the place of a global variable. */
  declareGlobal(global: string): void {
    this.#created.push(`${global} = globalThis[${quote(global)}]`);
  }

  useGlobal(global: string, written: boolean): void {
    this.#globals.set(global, written || (this.#globals.get(global) ?? false));
  }

  /** A function giving an object of getters for all properties of a module or of `module.exports`. */
  getters(): string {
    return this.#helper(
      '$getters',
      '(from, star) => Object.fromEntries(Object.keys(Object(from)).filter((key) => !(star && key === "default")).map((key) => [key, () => from[key]]))',
    );
  }

  requireFrom(dir: string): string {
    return this.#helper('$require', `(specifier) => ${this.env}.require(specifier, ${quote(dir)})`, dir);
  }

  openFrom(dir: string): string {
    return this.#helper('$open', `${this.env}.openFrom(${quote(dir)})`, dir);
  }

  meta(url: string): string {
    return this.#helper('$meta', `${this.env}.meta(${quote(url)})`, url);
  }

  dynamicImport(): string {
    this.useGlobal('Promise', false);
    // A rejection with a plain string: what k6 does where its host offers no dynamic import.
    return this.#helper('$import', '() => Promise.reject("dynamic modules not enabled in the host program")');
  }

  imports(): ImportedModule[] {
    return [...this.#modules].map(([specifier, { names }]) => ({ specifier, names: [...names] }));
  }

  text(): string {
    const counters = ['__VU', '__ITER'].some((counter) => this.#globals.has(counter));
    const [fixed, writable] = [false, true].map((written) =>
      [...this.#globals].filter(
        ([global, w]) => w === written && !global.startsWith('__VU') && !global.startsWith('__ITER'),
      ),
    );
    const destructure = (keyword: string, list: [string, boolean][] | undefined): string =>
      list?.length ? ` ${keyword} { ${list.map(([global]) => global).join(', ')} } = ${this.env}.globals;` : '';
    const declare = (list: readonly string[]): string => (list.length > 0 ? ` const ${list.join(', ')};` : '');
    return [
      destructure('const', fixed),
      destructure('let', writable),
      counters
        ? ` let { __VU, __ITER } = ${this.env}.globals; ${this.env}.bindCounters((vu, iteration) => { __VU = vu; __ITER = iteration; });`
        : '',
      this.#created.length > 0 ? ` let ${this.#created.join(', ')};` : '',
      declare([...this.#helpers.values()].map(({ variable, value }) => `${variable} = ${value}`)),
      declare(
        [...this.#modules].map(([specifier, { variable }]) => `${variable} = ${this.env}.import(${quote(specifier)})`),
      ),
      declare(this.#bindings),
    ].join('');
  }

  /** One helper a kind and argument, whatever the number of uses. */
  #helper(kind: string, value: string, argument = ''): string {
    const key = `${kind} ${argument}`;
    let helper = this.#helpers.get(key);
    if (!helper) this.#helpers.set(key, (helper = { variable: this.unique(kind), value }));
    return helper.variable;
  }
}
