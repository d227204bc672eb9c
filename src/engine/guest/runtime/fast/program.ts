/** What a program in fast form finds in `$env.fast`: see RUNTIME_NAMES of script/transform/names.ts. */
import { PENDING, type ScriptFunction } from '../suspend.ts';
import { attach, type FrameFunction, stamp } from './forms.ts';
import {
  adoptGenerator,
  delegate,
  generatorFunction,
  makeGenerator,
  selfGeneratorFunction,
  type Twin,
  userYield,
} from './generators.ts';
import { closeIterator, drain, nextOf, openIterator, take, threwFrom } from './iteration.ts';
import * as machine from './machine.ts';

const { apply } = Reflect;
const { defineProperty, getOwnPropertyDescriptor } = Object;

/** Gives an arrow function that uses `this` its form: the generator gets the `this` of where the arrow was written. */
function stampBound(fn: ScriptFunction, form: FrameFunction, self: unknown): ScriptFunction {
  return stamp(fn, { enter: (_self, args) => machine.start(apply(form, self, args as never)) });
}

/** A method of a class as the script sees it, in place of the generator that the class was written with. */
function wrapMethods(target: object, list: readonly (string | symbol | number)[]): void {
  for (let i = 0; i < list.length; i += 2) {
    const key = list[i] ?? '';
    const name = typeof key === 'symbol' ? `[${key.description ?? ''}]` : String(key);
    const descriptor = getOwnPropertyDescriptor(target, key);
    const twin = descriptor?.value as Twin;
    defineProperty(target, key, { ...descriptor, value: methodOf(twin, name, list[i + 1] === 1) });
  }
}

function methodOf(twin: Twin, name: string, generator: boolean): ScriptFunction {
  if (generator) return generatorFunction(twin, name, twin.length);
  const fn: ScriptFunction = {
    fn(this: unknown, ...args: unknown[]) {
      return machine.runBlocked(apply(twin, this, args as never));
    },
  }.fn;
  defineProperty(fn, 'name', { value: name, configurable: true });
  defineProperty(fn, 'length', { value: twin.length, configurable: true });
  return stamp(fn, twin);
}

export interface ProgramHooks {
  /** Maps an exception that the script is about to catch; throws what must not be caught. */
  caught(error: unknown): unknown;
  /** Called now and then by loops in code that cannot suspend; may throw. */
  tick(): void;
  /** The same where the fiber can suspend: PENDING lets others run. */
  turn(): unknown;
}

export function programRuntime(hooks: ProgramHooks): Readonly<Record<string, unknown>> {
  const { f0, f1, f2, f3, f4, fs, c0, c1, c2, c3, c4, cs, runBlocked, start, setSites } = machine;
  return {
    ...{ f0, f1, f2, f3, f4, fs, c0, c1, c2, c3, c4, cs },
    P: PENDING,
    r: runBlocked,
    m: start,
    ap: apply,
    st: stamp,
    sb: stampBound,
    a: attach,
    cm: wrapMethods,
    gf: generatorFunction,
    gs: selfGeneratorFunction,
    gn: makeGenerator,
    ga: adoptGenerator,
    u: userYield,
    de: delegate,
    of: openIterator,
    nx: nextOf,
    cl: closeIterator,
    th: threwFrom,
    sp: drain,
    tk: take,
    tt: (strings: unknown) => strings,
    e: (error: unknown) => hooks.caught(error),
    tick: (budget: number) => {
      hooks.tick();
      return budget;
    },
    ty: () => hooks.turn(),
    sites: setSites,
  };
}
