/** From the exact form of a program to its fast form. */
import remapping from '@jridgewell/remapping';
import { parse } from 'acorn';
import MagicString from 'magic-string';
import { Colouring } from '../analyse/colour.ts';
import { buildModel } from '../analyse/model.ts';
import { isFunctionNode } from '../analyse/nodes.ts';
import { Emitter } from './emitter.ts';
import { Names } from './names.ts';
import { Plan } from './plan.ts';

export interface FastForm {
  readonly code: string;
  /** Source map (version 3 JSON) from `code` to where the given map leads. */
  readonly map: string;
}

/**
 * @param code a function expression in parentheses, as emit.ts writes it
 * @param map source map of `code`
 */
export function toFastForm(code: string, map?: string): FastForm {
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'script' });
  const statement = tree.body[0];
  const program = statement?.type === 'ExpressionStatement' ? statement.expression : undefined;
  if (!program || !isFunctionNode(program) || program.body.type !== 'BlockStatement') {
    throw new Error('a program must be one function expression');
  }
  const [env] = program.params;
  if (env?.type !== 'Identifier') throw new Error('a program takes its environment as its one parameter');

  const model = buildModel(tree);
  const colours = new Colouring(model, 'wide');
  const names = new Names(code);
  const text = new MagicString(code);
  new Emitter(code, text, model, colours, new Plan(model, colours), names).visit(program, false);
  const { body } = program.body;
  const first = body.find((s) => !(s.type === 'ExpressionStatement' && s.directive !== undefined));
  // A top level that awaits runs as an async function does.
  const open = program.async ? `return ${names.rt('as')}(function*(){` : '';
  if (program.async) text.update(program.start, program.start + 'async'.length, '');
  text.prependRight(first?.start ?? program.body.end - 1, names.prelude(env.name) + open);

  const end = program.body.end - 1;
  if (program.async) text.appendLeft(end, '},this,[]);');
  const placeholder = `function ${names.own('s')}(){return []}`;
  if (names.sites.length > 0) text.appendLeft(end, placeholder);
  const fast = text.toString();
  const outer = text.generateMap({ hires: 'boundary', source: 'exact.js' });
  const composed =
    map === undefined
      ? outer
      : remapping(outer.toString(), (file) => (file === 'exact.js' ? map : null), { excludeContent: true });
  return { code: fast.replace(placeholder, () => siteTable(fast, names)), map: composed.toString() };
}

/** `[callee, line, column, …]` by site number from 1; the function comes last, so that no position depends on it. */
function siteTable(code: string, names: Names): string {
  const positions = new Map<number, [number, number]>();
  const marker = new RegExp(`yield (\\d+):${names.own('x').replaceAll('$', '\\$')}`, 'g');
  let [line, lineStart, scanned] = [1, 0, 0];
  for (const match of code.matchAll(marker)) {
    for (let at = code.indexOf('\n', scanned); at >= 0 && at < match.index; at = code.indexOf('\n', at + 1)) {
      line++;
      lineStart = at + 1;
    }
    scanned = Math.max(scanned, lineStart);
    positions.set(Number(match[1]), [line, match.index - lineStart + 1]);
  }
  const rows = names.sites.map(({ callee }, i) => {
    const [siteLine, column] = positions.get(i + 1) ?? [0, 0];
    return `${JSON.stringify(callee)},${siteLine},${column}`;
  });
  return `function ${names.own('s')}(){return [${rows.join(',')}]}`;
}
