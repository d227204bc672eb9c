/**
 * The recorded behaviour of k6: every case of `cases/` is run by the embedded engine. Those it cannot pass yet are in
 * not-yet.json, a list that may only shrink.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compare, observe } from './conform.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const casesDir = path.join(here, 'cases');
const engine = path.resolve(here, '../../bin/gravl-k6.js');
const cases = readdirSync(casesDir).sort();
const notYet = new Set(JSON.parse(readFileSync(path.join(here, 'not-yet.json'), 'utf8')) as string[]);

async function differences(name: string): Promise<string[]> {
  const dir = path.join(casesDir, name);
  const { cmp, obs } = await observe(dir, [process.execPath, engine], false);
  const golden: unknown = JSON.parse(readFileSync(path.join(dir, 'golden.json'), 'utf8'));
  return compare(cmp, golden, obs);
}

describe.concurrent('the embedded engine does what k6 did', () => {
  it.each(cases.filter((name) => !notYet.has(name)))('%s', async (name) => {
    expect(await differences(name)).toEqual([]);
  });
});

it.each(cases.filter((name) => notYet.has(name)))('%s: a case that passes leaves not-yet.json', async (name) => {
  expect(await differences(name)).not.toEqual([]);
});

it('lists only cases that exist', () => {
  expect([...notYet].filter((name) => !cases.includes(name))).toEqual([]);
});
