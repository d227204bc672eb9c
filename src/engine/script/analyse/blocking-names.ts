/** What is known of functions that the script does not define itself. */

/** Functions of k6's modules that wait, by the property they hang under. Receivers are seldom known: names must do. */
export const BLOCKING_API_NAMES: ReadonlySet<string> = new Set(
  (
    'get head post put patch del options request batch sleep group check submitForm clickLink connect invoke ' +
    'healthCheck asyncInvoke abort'
  ).split(' '),
);

/** Of these modules only the listed exports block; of any other k6 module every export may. */
const BLOCKING_EXPORTS: Readonly<Record<string, readonly string[]>> = {
  k6: ['sleep', 'group', 'check', 'default', '*'],
  'k6/metrics': [],
  'k6/data': [],
  'k6/encoding': [],
  'k6/crypto': [],
  'k6/html': [],
  'k6/execution': [],
  'k6/timers': [],
  'k6/http': ['get head post put patch del options request batch'.split(' '), ['default', '*']].flat(),
};

/** False only when calling this export can never block nor call back. */
export function exportMayBlock(specifier: string, name: string): boolean {
  return BLOCKING_EXPORTS[specifier]?.includes(name) ?? true;
}

/** Builtin methods that call their argument. They suspend when it does. */
export const CALLBACK_METHODS: ReadonlySet<string> = new Set(
  (
    'forEach map filter reduce reduceRight some every find findIndex findLast findLastIndex flatMap sort toSorted ' +
    'replace replaceAll from fromEntries groupBy stringify parse'
  ).split(' '),
);

/** Methods that call what they are found on. */
export const FUNCTION_METHODS: ReadonlySet<string> = new Set(['call', 'apply']);

/** Methods that drive an iterator. */
export const ITERATOR_METHODS: ReadonlySet<string> = new Set(['next', 'return', 'throw']);

/** Global functions that neither block nor call a function they are given. */
export const PURE_GLOBALS: ReadonlySet<string> = new Set(
  (
    'Number String Boolean Symbol BigInt Object Array Error TypeError RangeError Date RegExp parseInt parseFloat isNaN ' +
    'isFinite encodeURIComponent decodeURIComponent encodeURI decodeURI escape unescape open setTimeout clearTimeout ' +
    'setInterval clearInterval structuredClone eval'
  ).split(' '),
);

/** Global objects whose methods neither block nor call back, apart from {@link CALLBACK_METHODS}. */
export const PURE_NAMESPACES: ReadonlySet<string> = new Set(
  'Math JSON console Object Number String Date Array Symbol BigInt Intl Uint8Array ArrayBuffer'.split(' '),
);
