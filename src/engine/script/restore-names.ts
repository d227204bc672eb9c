/**
 * Gives functions and classes of the top level the `name` they have in the user's file. esbuild changes it in three ways: a
 * class that mentions itself becomes `var X = class _X {…}`, of two modules' equal names one gets a number, and an unnamed
 * default export is called after its file.
 */
import type MagicString from 'magic-string';
import { type AnyNode, eachChild } from './ast.ts';

export interface Renamed {
  /** What the bundle calls it. */
  readonly variable: string;
  /** What its `name` is in the bundle. */
  readonly was: string;
  /** What its `name` is in the user's file. */
  readonly is: string;
  /** Where the name can be set: after this offset, or at the top for a hoisted function. */
  readonly after: number | undefined;
}

/** esbuild's name for an unnamed default export of a file. */
const UNNAMED = /^\w+_default\d*$/;

/**
 * Renames self-mentioning classes back, in `text`.
 * @param originalName the user's name for the identifier at an offset, when it differs from the bundle's
 * @returns what has to be named at run time
 */
export function restoreNames(
  statements: readonly AnyNode[],
  text: MagicString,
  originalName: (offset: number) => string | undefined,
  isDefault: (offset: number) => boolean,
): Renamed[] {
  const renamed: Renamed[] = [];
  const isUnnamed = (variable: string, at: number): boolean => UNNAMED.test(variable) && isDefault(at);
  for (const statement of statements) {
    if (statement.type === 'FunctionDeclaration') {
      const id = statement['id'] as AnyNode;
      const variable = id['name'] as string;
      const is = originalName(id.start) ?? (isUnnamed(variable, id.start) ? 'default' : variable);
      if (is !== variable) renamed.push({ variable, was: variable, is, after: undefined });
    }
    if (statement.type !== 'VariableDeclaration') continue;
    for (const declaration of statement['declarations'] as AnyNode[]) {
      const [id, init] = [declaration['id'] as AnyNode, declaration['init'] as AnyNode | null];
      if (id.type !== 'Identifier' || !init || !/^(Class|Function|ArrowFunction)Expression$/.test(init.type)) continue;
      const variable = id['name'] as string;
      const is = originalName(id.start) ?? (isUnnamed(variable, id.start) ? 'default' : variable);
      const inner = init['id'] as AnyNode | null | undefined;
      const was = (inner?.['name'] as string | undefined) ?? variable;
      if (was === `_${variable}` && is === variable) renameInside(init, was, variable, text);
      else if (is !== was && (inner == null || was.startsWith('_')))
        renamed.push({ variable, was, is, after: statement.end });
    }
  }
  return renamed;
}

/** Inside the class both names mean the class itself, so the change cannot capture anything. */
function renameInside(node: AnyNode, from: string, to: string, text: MagicString): void {
  const visit = (part: AnyNode, field: string, parent: AnyNode): void => {
    const isKey = (field === 'property' || field === 'key') && parent['computed'] !== true;
    if (part.type === 'Identifier' && part['name'] === from && !isKey) text.overwrite(part.start, part.end, to);
    eachChild(part, (child, childField) => visit(child, childField, part));
  };
  eachChild(node, (child, field) => visit(child, field, node));
}
