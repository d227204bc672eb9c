import { describe, expect, it } from 'vitest';
import { httpModule } from '../../../../src/engine/guest/modules/http/index.ts';
import { testVu } from './module-context.ts';

type Module = Record<string, unknown> & { default: Record<string, unknown> };
const load = (): Module => httpModule(testVu('init').ctx) as Module;

describe('exports that are made when they are read', () => {
  it('are the same by either name, and at every reading', () => {
    const http = load();
    expect(http['get']).toBe(http.default['get']);
    expect(http['get']).toBe(http['get']);
  });

  it('are seen by whatever lists or copies a module, and through proxies and objects made of it', () => {
    const http = load();
    expect(Object.keys(http.default)).toContain('asyncRequest');
    expect({ ...http.default }['post']).toBe(http['post']);
    expect(new Proxy(http.default, {})['put']).toBe(http['put']);
    expect((Object.create(http.default) as Module['default'])['del']).toBe(http['del']);
  });

  it('can be replaced by the script, in that VU and object alone', () => {
    const http = load();
    const mine = (): undefined => undefined;
    const original = http['get'];
    http.default['get'] = mine;
    expect(http.default['get']).toBe(mine);
    expect(http['get']).toBe(original);
    expect(load().default['get']).not.toBe(mine);
  });
});
