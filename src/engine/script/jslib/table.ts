/** Remote modules that ship with the engine: which addresses mean which of our modules. */

export interface ShippedModule {
  /** Folder of this one, and file name in `dist/jslib`. */
  readonly name: string;
  readonly addresses: readonly RegExp[];
  /** Bare import names that mean it too. */
  readonly bare?: readonly string[];
  /** For docs/engine-remote-modules.md. */
  readonly about: string;
}

/** `https://jslib.k6.io/<name>/<any version>/<any file>.js`. */
const jslib = (...names: readonly string[]): RegExp =>
  new RegExp(`^https://jslib\\.k6\\.io/(?:${names.join('|')})/[^/]+/[^?#]+\\.js$`);

/** A file of an npm package on the usual CDNs, in any version. */
const cdn = (name: string, file: string): readonly RegExp[] => [
  new RegExp(
    `^https://(?:cdn\\.jsdelivr\\.net/npm|unpkg\\.com)/${name}(?:@[^/]+)?/(?:[^?#]*/)?${file}(?:\\.min)?\\.js$`,
    'i',
  ),
  new RegExp(`^https://cdnjs\\.cloudflare\\.com/ajax/libs/${name}/[^/]+/${file}(?:\\.min)?\\.js$`, 'i'),
];

export const SHIPPED: readonly ShippedModule[] = [
  { name: 'k6-utils', addresses: [jslib('k6-utils')], about: 'all functions of k6-utils' },
  {
    name: 'k6-summary',
    addresses: [jslib('k6-summary')],
    bare: ['k6-summary'],
    about: 'textSummary, jUnit, humanizeValue; under the bare name also gravlSummary, the run-record exporter',
  },
  {
    name: 'k6-reporter',
    addresses: [
      /^https:\/\/raw\.githubusercontent\.com\/benc-uk\/k6-reporter\/[^?#]+\/(?:bundle|index)\.js$/,
      /^https:\/\/cdn\.jsdelivr\.net\/gh\/benc-uk\/k6-reporter(?:@[^/]+)?\/[^?#]+\/(?:bundle|index)\.js$/,
    ],
    about: 'htmlReport: one self-contained page with our own layout',
  },
  {
    name: 'papaparse',
    addresses: [jslib('papaparse'), ...cdn('papaparse', 'papaparse')],
    about: 'the npm package papaparse',
  },
  {
    name: 'k6chaijs',
    addresses: [jslib('k6chaijs')],
    about: 'describe and expect on the npm package chai, with validJsonBody',
  },
  {
    name: 'k6chaijs-contracts',
    addresses: [jslib('k6chaijs-contracts')],
    about: 'initContractPlugin: matchSchema, by the npm package ajv',
  },
  {
    name: 'expect',
    addresses: [jslib('expect', 'functional')],
    about: 'the older describe/test and expect(…).toEqual(…) assertions',
  },
  { name: 'formdata', addresses: [jslib('formdata')], about: 'FormData with boundary and body()' },
  { name: 'httpx', addresses: [jslib('httpx')], about: 'Httpx sessions, Request, Get, Post and the other shorthands' },
  { name: 'url', addresses: [jslib('url', 'url-search-params')], about: 'URL and URLSearchParams' },
  { name: 'ajv', addresses: [jslib('ajv')], about: 'the npm package ajv' },
  {
    name: 'core-js',
    addresses: [jslib('core-js'), ...cdn('core-js-bundle', 'minified')],
    about: 'nothing: the engine has it all built in',
  },
];

/** The shipped module that a specifier means, in any version; undefined for any other specifier. */
export function shippedModule(specifier: string): ShippedModule | undefined {
  return SHIPPED.find(
    ({ addresses, bare }) => bare?.includes(specifier) === true || addresses.some((address) => address.test(specifier)),
  );
}
