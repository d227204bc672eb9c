/* eslint-disable @typescript-eslint/unbound-method -- builtins are taken apart before a script can patch them */
/** What a program in fast form finds in `$env.fast`: see RUNTIME_NAMES of script/transform/names.ts. */
import { PENDING, type ScriptFunction } from '../suspend.ts';
import { type AsyncRuntime, awaitValue, createAsyncRuntime } from './async-functions.ts';
import { construct, constructSuper, inheritBody, MAKE_ONLY, setBody, setField } from './constructors.ts';
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
import type { Promises } from './promise.ts';

const { apply } = Reflect;
const { defineProperty, getOwnPropertyDescriptor } = Object;

/** Gives an arrow function that uses `this` its form: the generator gets the `this` of where the arrow was written. */
function stampBound(fn: ScriptFunction, form: FrameFunction, self: unknown): ScriptFunction {
  return stamp(fn, { enter: (_self, args) => machine.start(apply(form, self, args as never)) });
}

/** Methods of a class as the script sees them, in place of the generators that the class was written with. */
function wrapMethods(asyncs: AsyncRuntime, target: object, list: readonly (string | symbol | number)[]): void {
  for (let i = 0; i < list.length; i += 2) {
    const key = list[i] ?? '';
    const name = typeof key === 'symbol' ? `[${key.description ?? ''}]` : String(key);
    const descriptor = getOwnPropertyDescriptor(target, key);
    const twin = descriptor?.value as Twin;
    defineProperty(target, key, { ...descriptor, value: methodOf(asyncs, twin, name, list[i + 1]) });
  }
}

/** @param kind 0 for a plain method, 1 for a generator, 2 for an async one */
function methodOf(asyncs: AsyncRuntime, twin: Twin, name: string, kind: unknown): ScriptFunction {
  if (kind === 1) return generatorFunction(twin, name, twin.length);
  if (kind === 2) return asyncs.make(twin, name, twin.length);
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
  /** Called now and then by loops that can be suspended: PENDING lets others run. */
  turn(): unknown;
  readonly promises: Promises;
}

const { f0, f1, f2, f3, f4, fs, c0, c1, c2, c3, c4, cs, runBlocked, start, setSites } = machine;

/** What is the same for all VUs of the realm: the prototype of each one's runtime. */
const shared = {
  ...{ f0, f1, f2, f3, f4, fs, c0, c1, c2, c3, c4, cs },
  P: PENDING,
  r: runBlocked,
  m: start,
  ap: apply,
  st: stamp,
  sb: stampBound,
  a: attach,
  aw: awaitValue,
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
  nw: construct,
  su: constructSuper,
  cc: setBody,
  ci: inheritBody,
  df: setField,
  sk: MAKE_ONLY,
  sites: setSites,
};

/** What differs between VUs. Async functions and promises are made when a program asks for them. */
class ProgramRuntime {
  readonly ty: () => unknown;
  readonly #hooks: ProgramHooks;
  #asyncs: AsyncRuntime | undefined;

  constructor(hooks: ProgramHooks) {
    this.ty = () => hooks.turn();
    this.#hooks = hooks;
  }

  get cm() {
    return (target: object, list: readonly (string | symbol | number)[]): void => {
      wrapMethods(this.#own, target, list);
    };
  }

  get as() {
    return this.#own.callBlocked;
  }

  get ad() {
    return this.#own.adopt;
  }

  get af() {
    return this.#own.make;
  }

  get aa() {
    return this.#own.makeArrow;
  }

  get ax() {
    return this.#own.makeSelf;
  }

  get np() {
    return this.#hooks.promises.construct;
  }

  get #own(): AsyncRuntime {
    return (this.#asyncs ??= createAsyncRuntime(this.#hooks.promises));
  }
}
Object.setPrototypeOf(ProgramRuntime.prototype, shared);

export const programRuntime = (hooks: ProgramHooks): object => new ProgramRuntime(hooks);
