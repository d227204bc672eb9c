/**
 * Decides between the two strategies. Fast mode is right for any script; where a blocking call is reached through native
 * code, it makes the thread stand still for all its VUs, and exact mode is the better choice.
 */
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { parse } from 'acorn';
import { type Plan, planOf } from '../transform/plan.ts';
import type { Colouring } from './colour.ts';
import { constructorOf, makesUnnamed } from './constructions.ts';
import { buildModel } from './build-model.ts';
import type { Model, Unit } from './model.ts';
import { type ClassNode, isClassNode, isFunctionNode, keyName, type Node } from './nodes.ts';

export interface ExactReason {
  /** What was found, such as `constructor` or `toJSON`. */
  readonly construct: string;
  /** `file:line:column` of the user's file, counted from 1; of the program itself without a source map. */
  readonly at: string;
  readonly why: string;
}

export interface Analysis {
  readonly mode: 'fast' | 'exact';
  readonly reasons: readonly ExactReason[];
}

/** Methods that native code calls on its own. */
const CALLED_BY_THE_LANGUAGE: Readonly<Record<string, string>> = {
  toJSON: 'JSON.stringify',
  valueOf: 'operators',
  toString: 'conversions to a string',
  toLocaleString: 'native methods',
  '@@toPrimitive': 'operators',
  '@@hasInstance': 'instanceof',
  '@@species': 'array methods',
  '@@toStringTag': 'conversions to a string',
};

/** @param code a program in exact form; @param map its source map, for the positions of the reasons */
export function analyse(code: string, map?: string): Analysis {
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'script', locations: true });
  const model = buildModel(tree);
  const { narrow, plan } = planOf(model);
  const positions = map === undefined ? undefined : new TraceMap(map);
  const at = (node: Node): string => {
    const start = node.loc?.start ?? { line: 1, column: 0 };
    const found = positions && originalPositionFor(positions, start);
    if (!found?.source) return `${start.line}:${start.column + 1}`;
    return `${found.source}:${found.line}:${found.column + 1}`;
  };
  const reasons = findReasons(model, narrow, plan).map(({ construct, node, why }) => ({
    construct,
    at: at(node),
    why,
  }));
  return { mode: reasons.length > 0 ? 'exact' : 'fast', reasons };
}

interface Found {
  readonly construct: string;
  readonly node: Node;
  readonly why: string;
}

function findReasons(model: Model, narrow: Colouring, plan: Plan): Found[] {
  const found: Found[] = [];
  const add = (construct: string, node: Node, why: string): void => void found.push({ construct, node, why });
  for (const unit of model.units) {
    if (!isFunctionNode(unit.node) || !unit.node.async || plan.forms.has(unit)) continue;
    const what = unit.node.generator ? 'async generator' : 'async function';
    add(what, unit.node, 'its promises would be those of the thread, which go on while the VU is in a blocking call');
  }
  for (const unit of model.units) {
    if (!narrow.blocking.has(unit) || unit.parent === undefined || unit.parent.kind === 'program') continue;
    if (unit.kind === 'constructor') continue;
    const reason = unitReason(unit, model, plan);
    if (reason) add(...reason);
  }
  for (const node of blockingClasses(model, narrow, plan)) {
    add('constructor', constructorOf(node) ?? node, 'new cannot wait for a blocking call');
  }
  for (const unit of model.units) {
    for (const call of unit.calls) {
      if (call.type !== 'NewExpression' || call.callee.type !== 'Identifier') continue;
      const made = narrow.functionOf(narrow.resolve(call.callee));
      if (made && narrow.blocking.has(made) && !plan.waitsFor(call)) {
        add('constructor function', call, 'new cannot wait for a blocking call');
      }
      const [, handler] = call.arguments;
      if (call.callee.name === 'Proxy' && handler) {
        for (const trap of functionsIn(handler, narrow, model)) {
          if (narrow.blocking.has(trap)) add('Proxy trap', trap.node, 'the language calls it where nothing can wait');
        }
      }
    }
    if (narrow.blocking.has(unit)) {
      for (const node of unit.iterations) {
        if (node.type === 'ArrayPattern' && narrow.iterationBlocks(node) && !isTaken(node)) {
          add('array pattern', node, 'its defaults and targets run between the steps of an iterator that blocks');
        }
      }
    }
  }
  return found;
}

/** Classes of which making an instance blocks, where a `new` that cannot wait may do so. */
function blockingClasses(model: Model, narrow: Colouring, { constructions }: Plan): ClassNode[] {
  const unnamed = model.units.some(({ calls }) => calls.some((c) => c.type === 'NewExpression' && makesUnnamed(c)));
  return model.classes.filter(
    (node) =>
      narrow.classBlocks(node) && (unnamed || !constructions.classes.has(node) || constructions.usedAsValue(node)),
  );
}

function isTaken(pattern: Node): boolean {
  return (
    pattern.type === 'ArrayPattern' &&
    pattern.elements.every(
      (e) => e === null || e.type === 'Identifier' || e.type === 'RestElement' || e.type === 'AssignmentPattern',
    )
  );
}

function functionsIn(handler: Node, narrow: Colouring, model: Model): Unit[] {
  const literal = handler.type === 'Identifier' ? narrow.resolve(handler)?.init : handler;
  if (literal?.type !== 'ObjectExpression') return [];
  return literal.properties.flatMap((property) => {
    if (property.type !== 'Property') return [];
    const { value } = property;
    const unit = isFunctionNode(value)
      ? model.unitOf.get(value)
      : value.type === 'Identifier'
        ? narrow.functionOf(narrow.resolve(value))
        : undefined;
    return unit ? [unit] : [];
  });
}

function unitReason(unit: Unit, model: Model, plan: Plan): [construct: string, node: Node, why: string] | undefined {
  const { node } = unit;
  switch (unit.kind) {
    case 'field':
      return ['field initialiser', node, 'it runs inside of new, or of the class definition, which cannot wait'];
    case 'static-block':
      return ['static block', node, 'a class definition cannot wait for a blocking call'];
    case 'accessor':
      return ['getter or setter', node, 'a property access cannot wait for a blocking call'];
    default:
      break;
  }
  const parent = model.parents.get(node);
  const key =
    parent?.type === 'Property' || parent?.type === 'MethodDefinition'
      ? keyName(parent.key, parent.computed)
      : parent?.type === 'AssignmentExpression' && parent.left.type === 'MemberExpression'
        ? keyName(parent.left.property, parent.left.computed)
        : undefined;
  const caller = key === undefined ? undefined : CALLED_BY_THE_LANGUAGE[key];
  if (caller !== undefined) return [key ?? '', node, `${caller} cannot wait for a blocking call`];
  if ((key === 'get' || key === 'set') && inDescriptor(parent, model)) {
    return ['property descriptor', node, 'a property access cannot wait for a blocking call'];
  }
  // Those without a form that can wait have been reported.
  if (plan.forms.has(unit) || (isFunctionNode(node) && node.async)) return undefined;
  if (unit.opaque) return ['eval or with', node, 'code with eval, with or arguments.callee is left as it is'];
  if (unit.usesNewTarget) return ['new.target', node, 'a function with new.target is left as it is'];
  if (unit.usesSuper) return ['super', node, 'super is bound to where the function is written'];
  return [isClassNode(node) ? 'class' : 'function', node, 'it has no form that can wait where it is written'];
}

function inDescriptor(property: Node | undefined, model: Model): boolean {
  const object = property && model.parents.get(property);
  for (let at = object && model.parents.get(object); at; at = model.parents.get(at)) {
    if (at.type === 'CallExpression' && at.callee.type === 'MemberExpression') {
      return ['defineProperty', 'defineProperties', 'create'].includes(keyName(at.callee.property, false) ?? '');
    }
    if (at.type !== 'ObjectExpression' && at.type !== 'Property') return false;
  }
  return false;
}
