/** Remote modules that ship with the engine: which addresses mean which of our modules (docs/engine-remote-modules.md). */

export interface ShippedModule {
  /** Folder of this one, and file name in `dist/jslib`. */
  readonly name: string;
  readonly addresses: readonly RegExp[];
  /** Bare import names that mean it too. */
  readonly bare?: readonly string[];
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
  { name: 'k6-utils', addresses: [jslib('k6-utils')] },
  {
    name: 'k6-summary',
    addresses: [jslib('k6-summary')],
    bare: ['k6-summary'],
  },
  {
    name: 'k6-reporter',
    addresses: [
      /^https:\/\/raw\.githubusercontent\.com\/benc-uk\/k6-reporter\/[^?#]+\/(?:bundle|index)\.js$/,
      /^https:\/\/cdn\.jsdelivr\.net\/gh\/benc-uk\/k6-reporter(?:@[^/]+)?\/[^?#]+\/(?:bundle|index)\.js$/,
    ],
  },
  {
    name: 'papaparse',
    addresses: [jslib('papaparse'), ...cdn('papaparse', 'papaparse')],
  },
  {
    name: 'k6chaijs',
    addresses: [jslib('k6chaijs')],
  },
  {
    name: 'k6chaijs-contracts',
    addresses: [jslib('k6chaijs-contracts')],
  },
  {
    name: 'expect',
    addresses: [jslib('expect', 'functional')],
  },
  { name: 'k6-testing', addresses: [jslib('k6-testing')] },
  { name: 'formdata', addresses: [jslib('formdata')] },
  { name: 'httpx', addresses: [jslib('httpx')] },
  { name: 'url', addresses: [jslib('url', 'url-search-params')] },
  { name: 'totp', addresses: [jslib('totp')] },
  { name: 'http-instrumentation-tempo', addresses: [jslib('http-instrumentation-tempo')] },
  { name: 'http-instrumentation-pyroscope', addresses: [jslib('http-instrumentation-pyroscope')] },
  { name: 'ajv', addresses: [jslib('ajv')] },
  {
    name: 'core-js',
    addresses: [jslib('core-js'), ...cdn('core-js-bundle', 'minified')],
  },
];

/** The shipped module that a specifier means, in any version; undefined for any other specifier. */
export function shippedModule(specifier: string): ShippedModule | undefined {
  return SHIPPED.find(
    ({ addresses, bare }) => bare?.includes(specifier) === true || addresses.some((address) => address.test(specifier)),
  );
}
