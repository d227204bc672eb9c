/** From the exact form of a program to its fast form. */
import remapping from '@jridgewell/remapping';
import { generatedPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { parse } from 'acorn';
import MagicString from 'magic-string';
import { buildModel } from '../analyse/build-model.ts';
import { isFunctionNode } from '../analyse/nodes.ts';
import { Emitter } from './emitter.ts';
import { Names } from './names.ts';
import { planOf } from './plan.ts';

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
  const { colours, plan } = planOf(model);
  const names = new Names(code);
  const text = new MagicString(code);
  new Emitter(code, text, model, colours, plan, names).visit(program, false);
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
  return { code: fast.replace(placeholder, () => siteTable(code, names, outer.toString())), map: composed.toString() };
}

/** `[callee, line, column, function around, …]` by site number from 1; the function comes last, so that no position depends on it. */
function siteTable(code: string, names: Names, map: string): string {
  const trace = new TraceMap(map);
  const lineStarts = [0, ...[...code.matchAll(/\n/g)].map((match) => match.index + 1)];
  let line = 0;
  const order = names.sites.map((site, i) => ({ ...site, i })).sort((x, y) => x.offset - y.offset);
  const rows: string[] = [];
  for (const { i, callee, around, offset } of order) {
    while ((lineStarts[line + 1] ?? Infinity) <= offset) line++;
    const column = offset - (lineStarts[line] ?? 0);
    const at = generatedPositionFor(trace, { source: 'exact.js', line: line + 1, column });
    rows[i] = `${JSON.stringify(callee)},${at.line ?? 0},${(at.column ?? 0) + 1},${JSON.stringify(around)}`;
  }
  return `function ${names.own('s')}(){return [${rows.join(',')}]}`;
}
