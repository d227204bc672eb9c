/** What a program starts with: bindings of what it takes from the engine, and the few helpers it needs. */
import type { ImportedModule } from '../contracts/script.ts';
import { type AnyNode, nameOf } from './ast.ts';

const quote = (text: string): string => JSON.stringify(text);

/** The program's first line: bindings of what the bundle takes from the engine. */
export class Prelude {
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
    const specifier = nameOf(statement['source'] as AnyNode);
    const specifiers = statement['specifiers'] as AnyNode[];
    if (specifiers.length === 0) this.module(specifier, '*');
    for (const part of specifiers) {
      const local = nameOf(part['local'] as AnyNode);
      const value =
        part.type === 'ImportNamespaceSpecifier'
          ? this.module(specifier, '*')
          : this.pick(
              specifier,
              part.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(part['imported'] as AnyNode),
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
