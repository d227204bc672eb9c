/** Turns a bundled ES module into the function expression of contracts/script.ts. Loaded only on a cache miss. */
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import remapping from '@jridgewell/remapping';
import {
  type InvalidOriginalMapping,
  type OriginalMapping,
  originalPositionFor,
  TraceMap,
} from '@jridgewell/trace-mapping';
import MagicString from 'magic-string';
import { PROGRAM_GLOBALS, type ImportedModule } from '../contracts/script.ts';
import { type AnyNode, eachChild, isFunction, nameOf, parseProgram } from './ast.ts';
import type { Bundle } from './bundle.ts';
import { freeReferences, type FreeReference } from './free-names.ts';
import { Prelude } from './prelude.ts';
import { refuseAsyncIteration } from './async-iteration.ts';
import { readStack, seeCaught, seeThrown } from './see-errors.ts';
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

const quote = (text: string): string => JSON.stringify(text);
const isGlobal = (text: string): boolean => (PROGRAM_GLOBALS as readonly string[]).includes(text);

export function emitProgram(
  { code, map, inputs, commonJs, strict, sloppySources }: Bundle,
  entryDir: string,
): EmittedProgram {
  const program = parseProgram(code);
  const text = new MagicString(code);
  const prelude = new Prelude(code);
  const publish: string[] = [];
  const hoisted: string[] = [];
  const exports: string[] = [];

  const positions = new TraceMap(map);
  const lineStarts = [0, ...[...code.matchAll(/\n/g)].map((match) => match.index + 1)];
  const originOf = (offset: number): OriginalMapping | InvalidOriginalMapping => {
    const line = upperBound(lineStarts, offset);
    const column = offset - (lineStarts[line - 1] ?? 0);
    return originalPositionFor(positions, { line, column });
  };
  const texts = new Map([...inputs].map(([file, source]) => [pathToFileURL(file).href, source.split(/\r?\n/)]));
  /** Whether the identifier at `offset` stands for an unnamed default export: none of that name is in the user's file. */
  const isUnnamedDefault = (offset: number): boolean => {
    const { source, line, column } = originOf(offset);
    const written = source === null ? undefined : texts.get(source)?.[line - 1]?.slice(column);
    return written !== undefined && /^(?:default\b|(?:async\s+)?function\b|async\b|class\b|\()/.test(written);
  };
  const placeOf = (offset: number): { url: string; line: number; column: number } => {
    const { source, line, column } = originOf(offset);
    return { url: source ?? entryDir, line: line ?? 1, column: (column ?? 0) + 1 };
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
        const module = prelude.module(nameOf(statement['source'] as AnyNode), '*');
        const as = statement['exported'] as AnyNode | null;
        if (as) {
          exports.push(nameOf(as));
          publish.push(`${quote(nameOf(as))}: () => ${module}`);
        } else publish.push(`...${prelude.getters()}(${module}, true)`);
        text.remove(statement.start, statement.end);
        break;
      }
      case 'ExportNamedDeclaration': {
        const source = statement['source'] as AnyNode | null;
        for (const specifier of statement['specifiers'] as AnyNode[]) {
          const [local, exported] = [specifier['local'] as AnyNode, specifier['exported'] as AnyNode];
          exports.push(nameOf(exported));
          const value = source ? prelude.bind(prelude.pick(nameOf(source), nameOf(local))) : nameOf(local);
          publish.push(`${quote(nameOf(exported))}: () => ${value}`);
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

  const patterns = new Set<AnyNode>();
  const visit = (node: AnyNode, parent?: AnyNode): void => {
    refuseAsyncIteration(node, parent, placeOf);
    if (node.type === 'ImportExpression') {
      text.overwrite(node.start, (node['source'] as AnyNode).start, `${prelude.dynamicImport()}(`);
    } else if (node.type === 'Literal' && node['regex']) {
      const plain = plainRegex(node['regex'] as { pattern: string; flags: string });
      if (plain !== undefined) text.overwrite(node.start, node.end, plain);
    } else if (node.type === 'CatchClause') {
      seeCaught(node, text, prelude);
    } else if (node.type === 'ThrowStatement') {
      seeThrown(node, text, prelude.env);
    } else if (node.type === 'MemberExpression') {
      readStack(node, parent, parent !== undefined && patterns.has(parent), text, prelude.env);
    } else if (node.type === 'ObjectPattern') {
      for (const property of node['properties'] as AnyNode[]) patterns.add(property);
    } else if (node.type === 'MetaProperty' && nameOf(node['meta'] as AnyNode) === 'import') {
      text.overwrite(node.start, node.end, prelude.meta(sourceOf(node.start) ?? ''));
    }
    eachChild(node, (child) => {
      visit(child, node);
    });
  };
  for (const statement of kept) visit(statement);
  const topLevelAwait = kept.some(awaits);

  for (const { variable, was, is, after } of restoreNames(
    kept,
    text,
    (offset) => originOf(offset).name ?? undefined,
    isUnnamedDefault,
  )) {
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
  return id?.type === 'Identifier' && /^__require\d*$/.test(nameOf(id));
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
