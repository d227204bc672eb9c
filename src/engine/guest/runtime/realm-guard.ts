/**
 * Makes the realm's globals k6's, once per realm. A realm of V8 has a few globals k6 has not, and one way out: `import()` in
 * code made from strings gives a promise of Node's own realm. Bundled code has its `import()` rewritten; here the
 * functions that turn strings into code refuse it.
 */

const notInK6 = ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'Intl', 'console', 'WeakRef', 'FinalizationRegistry'];

const importCall = /\bimport\b(?:\s|\/\*[^]*?\*\/|\/\/.*)*[(.]/;

function checked(source: unknown): unknown {
  if (typeof source === 'string' && importCall.test(source)) {
    throw new SyntaxError('import() is not available in code made from a string');
  }
  return source;
}

type Maker = new (...parts: string[]) => object;

/** The constructor of a kind of functions, behind the check; the kind's prototype points at it as before. */
function guardConstructor(original: Maker): Maker {
  const guarded: Maker = new Proxy(original, {
    apply: (target, _self, parts: unknown[]) => new target(...texts(parts)),
    construct: (target, parts: unknown[], newTarget) =>
      Reflect.construct(target, texts(parts), newTarget === guarded ? target : newTarget) as object,
  });
  Object.defineProperty(original.prototype, 'constructor', {
    value: guarded,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  return guarded;
}

/** Converted once, so that what was checked is what is compiled. */
function texts(parts: readonly unknown[]): string[] {
  const strings = parts.map((part) => String(part));
  checked(strings.join('\n'));
  return strings;
}

export function guardRealm(): void {
  for (const name of notInK6) Reflect.deleteProperty(globalThis, name);
  const define = (name: string, value: unknown): void => {
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  };
  define('global', globalThis);
  const evaluate = globalThis.eval;
  define(
    'eval',
    {
      eval: (source: unknown): unknown => evaluate(checked(source) as string),
    }.eval,
  );
  define('Function', guardConstructor(Function));
  // eslint-disable-next-line @typescript-eslint/no-empty-function -- only their constructors matter
  for (const sample of [async function () {}, function* () {}, async function* () {}]) {
    guardConstructor(sample.constructor as Maker);
  }
  // V8 lets scripts format stacks, and Node would hand them objects of its own; k6 knows nothing of it.
  Object.defineProperty(Error, 'prepareStackTrace', {
    get: () => undefined,
    set: () => undefined,
    enumerable: false,
    configurable: false,
  });
  Reflect.deleteProperty(Error, 'captureStackTrace');
  Object.defineProperty(Error, 'stackTraceLimit', {
    value: 100,
    writable: false,
    enumerable: false,
    configurable: false,
  });
}
