/**
 * `new` that can wait. The instance is made first, by a constructor that is told to do nothing else, and is then given to
 * the constructor's body, which is a suspendable method.
 */
import { PENDING } from '../suspend.ts';
import { formOf, slot } from './forms.ts';
import { type Frame, start } from './machine.ts';

type Body = (instance: object, args: readonly unknown[]) => Frame;

const { apply, construct: make } = Reflect;
const { create, defineProperty, prototype: objectPrototype } = Object;
const bodies = slot<Body>();

/** The argument of a constructor that only has to make an instance. No script can get hold of it. */
export const MAKE_ONLY = Object.freeze({});

/** Tells the body of a class's constructor. */
export function setBody(made: object, body: Body): void {
  bodies.put(made, body);
}

/** Of a class without a constructor of its own. */
export function inheritBody(made: object, above: object): void {
  const body = bodies.get(above);
  if (body !== undefined) bodies.put(made, body);
}

/** @returns the instance, or PENDING */
export function construct(made: unknown, args: readonly unknown[]): unknown {
  const body = bodies.get(made);
  if (body !== undefined) {
    const instance = make(made as Newable, [MAKE_ONLY]);
    return start(whole(instance, body(instance, args)));
  }
  const form = typeof made === 'function' ? formOf(made) : undefined;
  if (typeof form !== 'function') return make(made as Newable, args);
  const { prototype } = made as { readonly prototype: unknown };
  const instance = create(isObject(prototype) ? prototype : objectPrototype) as object;
  return start(whole(instance, apply(form, instance, args as never)));
}

/** @returns undefined, or PENDING */
export function constructSuper(instance: object, above: unknown, args: readonly unknown[]): unknown {
  const body = bodies.get(above);
  return body === undefined ? undefined : start(body(instance, args));
}

/** Sets a field as a class does. */
export function setField(instance: object, name: string, value: unknown): void {
  defineProperty(instance, name, { value, writable: true, enumerable: true, configurable: true });
}

type Newable = new (...args: readonly unknown[]) => object;

/** What `new` gives: the instance, unless the body returns another object. */
function* whole(instance: object, body: Frame): Frame {
  let value = start(body);
  if (value === PENDING) value = yield 0;
  return isObject(value) ? value : instance;
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
