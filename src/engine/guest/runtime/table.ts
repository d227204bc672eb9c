/** Objects used as tables: they inherit nothing, so neither a key like `__proto__` nor a patched prototype gets in the way. */

function Table(): void {
  // Made for its prototype: V8 keeps an object without any as a hash table of half a kilobyte, and there are thousands.
}
Table.prototype = Object.freeze(Object.create(null) as object);

export const table = <T>(): Record<string, T> => new (Table as unknown as new () => Record<string, T>)();
