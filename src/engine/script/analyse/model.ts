/**
 * What the analysis and the transform know of a program: its functions and what each of them does, and what its names
 * are bound to.
 */
import type * as acorn from 'acorn';
import type { ClassNode, Node } from './nodes.ts';

export type UnitKind =
  | 'program'
  | 'declaration'
  | 'expression'
  | 'arrow'
  | 'object-method'
  | 'method'
  | 'constructor'
  | 'accessor'
  | 'field'
  | 'static-block';

/** A body of code with a control flow of its own: a function, or what a class runs by itself. */
export interface Unit {
  readonly kind: UnitKind;
  readonly node: Node;
  readonly parent: Unit | undefined;
  /** Static name, as the function's `name` property would show it; undefined when it is computed. */
  readonly name: string | undefined;
  readonly strict: boolean;
  /** Scope that a declaration's name lives in. */
  readonly home: Scope;
  /** `this`, `arguments`, `super`, `new.target` in the body or in arrows inside it. */
  usesThis: boolean;
  usesArguments: boolean;
  usesSuper: boolean;
  usesNewTarget: boolean;
  /** Direct eval, `with`, `arguments.callee`, or `yield` as a name: the code must stay as written. */
  opaque: boolean;
  readonly calls: (acorn.CallExpression | acorn.TaggedTemplateExpression | acorn.NewExpression)[];
  /** for…of, spread, array patterns and yield*: places that drive iterators. */
  readonly iterations: Node[];
  readonly awaits: Node[];
}

export interface Binding {
  readonly name: string;
  readonly scope: Scope;
  readonly kind: 'var' | 'let' | 'const' | 'function' | 'class' | 'param' | 'catch' | 'self';
  /** What it was declared with, when that is one known expression or function. */
  init: Node | undefined;
  /** Assignments other than the initialiser. */
  writes: number;
  declarations: number;
}

export class Scope {
  readonly parent: Scope | undefined;
  readonly unit: Unit | undefined;
  readonly node: Node;
  readonly names = new Map<string, Binding>();

  constructor(parent: Scope | undefined, node: Node, unit: Unit | undefined) {
    this.parent = parent;
    this.node = node;
    this.unit = unit;
  }

  resolve(name: string): Binding | undefined {
    return this.names.get(name) ?? this.parent?.resolve(name);
  }

  declare(name: string, kind: Binding['kind'], init?: Node): void {
    const known = this.names.get(name);
    if (known) {
      known.declarations++;
      if (kind === 'function') known.init = init;
      else if (init) known.writes++;
    } else this.names.set(name, { name, scope: this, kind, init, writes: 0, declarations: 1 });
  }
}

export interface Model {
  readonly root: Node;
  readonly units: readonly Unit[];
  readonly unitOf: ReadonlyMap<Node, Unit>;
  /** The unit whose control flow runs this node. */
  readonly owner: ReadonlyMap<Node, Unit>;
  readonly parents: ReadonlyMap<Node, Node>;
  readonly scopeOf: ReadonlyMap<Node, Scope>;
  readonly classes: readonly ClassNode[];
}
