/** What the code offers, module by module: the names `docs/engine-modules.json` has to speak about. */
import { moduleFactories } from '../../../../src/engine/guest/modules/index.ts';
import { createHtml } from '../../../../src/engine/guest/modules/html/index.ts';
import { REFUSED_MODULES } from '../../../../src/engine/guest/modules/refused.ts';
import { createWebCrypto } from '../../../../src/engine/guest/modules/webcrypto.ts';
import { testVu } from './module-context.ts';

export const DOCUMENTED_MODULES = [
  'k6',
  'k6/execution',
  'k6/http',
  'k6/metrics',
  'k6/timers',
  'k6/crypto',
  'k6/data',
  'k6/encoding',
  'k6/experimental/csv',
  'k6/experimental/fs',
  'k6/experimental/streams',
  'k6/experimental/websockets',
  'k6/html',
  'k6/net/grpc',
  'k6/secrets',
  'k6/websockets',
  'k6/ws',
] as const;

function members(prefix: string, prototype: object): string[] {
  const names: string[] = [];
  for (let object = prototype; object !== Object.prototype; object = Object.getPrototypeOf(object) as object) {
    for (const name of Object.getOwnPropertyNames(object)) if (name !== 'constructor') names.push(`${prefix}.${name}`);
  }
  return names;
}

const isClass = (value: unknown): value is { readonly prototype: object } =>
  typeof value === 'function' && Object.hasOwn(value, 'prototype');

/** Names of one module's exports, methods as `Class.method`. */
function namesOf(specifier: string): string[] {
  const { ctx } = testVu('init');
  const exports = moduleFactories[specifier]?.(ctx) ?? {};
  const names = Object.entries(exports).flatMap(([name, value]) => {
    if (name === 'default') return [];
    // Namespaces such as `vu` in k6/execution.
    const inside = typeof value === 'object' && value !== null ? Object.keys(value).map((key) => `${name}.${key}`) : [];
    return [name, ...inside, ...(isClass(value) ? members(name, value.prototype) : [])];
  });
  if (specifier !== 'k6/html') return names;
  const document = createHtml(ctx).parse('<p>');
  const element = document.find('p').get(0) ?? {};
  return [
    ...names,
    ...members('Selection', Object.getPrototypeOf(document) as object),
    ...members('Element', Object.getPrototypeOf(element) as object),
  ];
}

export function inventory(): Record<string, string[]> {
  const modules: Record<string, string[]> = {};
  for (const specifier of DOCUMENTED_MODULES) modules[specifier] = [...new Set(namesOf(specifier))].sort();
  const web = createWebCrypto(testVu('init').ctx) as { readonly subtle: object };
  modules['crypto (global)'] = [
    ...Object.keys(web).filter((name) => name !== 'subtle'),
    ...Object.keys(web.subtle).map((name) => `subtle.${name}`),
  ].sort();
  for (const specifier of Object.keys(REFUSED_MODULES)) modules[specifier] = [];
  return modules;
}
