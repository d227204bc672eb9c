import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { moduleFactories } from '../../../../src/engine/guest/modules/index.ts';
import { REFUSED_MODULES } from '../../../../src/engine/guest/modules/refused.ts';
import { inventory } from './inventory.ts';
import { testVu } from './module-context.ts';

interface ModuleEntry {
  readonly status: 'works' | 'differs' | 'refused';
  readonly note?: string;
  /** Names that do not simply work, and how. */
  readonly exceptions?: Readonly<Record<string, { readonly status: string; readonly note: string }>>;
  readonly names: readonly string[];
}
const file = new URL('../../../../docs/engine-modules.json', import.meta.url);
const { modules } = JSON.parse(readFileSync(file, 'utf8')) as { modules: Record<string, ModuleEntry> };
const code = inventory();

describe('docs/engine-modules.json', () => {
  it('lists the modules of the code', () => {
    expect(Object.keys(modules).sort()).toEqual(Object.keys(code).sort());
  });

  it.each(Object.keys(code))('lists every function of %s', (specifier) => {
    expect([...(modules[specifier]?.names ?? [])].sort()).toEqual(code[specifier]);
  });

  it('says how what does not simply work differs', () => {
    for (const { status, note, exceptions = {}, names } of Object.values(modules)) {
      if (status !== 'works') expect(note).toMatch(/\w{3}/);
      for (const [name, exception] of Object.entries(exceptions)) {
        expect(names).toContain(name);
        expect(['differs', 'refused']).toContain(exception.status);
        expect(exception.note).toMatch(/\w{3}/);
      }
    }
  });

  it.each(Object.keys(REFUSED_MODULES))('is right that %s is refused, with the way out', (specifier) => {
    expect(modules[specifier]?.status).toBe('refused');
    expect(() => moduleFactories[specifier]?.(testVu('init').ctx)).toThrow(`"${specifier}" is not available`);
    expect(() => moduleFactories[specifier]?.(testVu('init').ctx)).toThrow('run this script with --engine k6');
  });
});
