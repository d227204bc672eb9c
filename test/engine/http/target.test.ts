import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TargetCache, targetOf } from '../../../src/engine/http/target.ts';

const plain = (raw: string) => ({ ...targetOf(raw), memory: undefined });

describe('the cache of targets', () => {
  it('gives what the URL says, whatever it was asked for before', () => {
    const urls = Array.from(
      { length: 40 },
      (_, n) => `http://user${n % 3}:secret@host-${n % 7}/items/${n}?page=${n % 5}`,
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...urls), { maxLength: 200 }), (asked) => {
        const cache = new TargetCache(8);
        for (const raw of asked) expect({ ...cache.get(raw), memory: undefined }).toEqual(plain(raw));
      }),
    );
  });

  it('keeps a target from the second time on', () => {
    const cache = new TargetCache();
    expect(cache.get('http://host/a').memory).toBeUndefined();
    const kept = cache.get('http://host/a');
    expect(kept.memory).toBeDefined();
    cache.get('http://host/b');
    expect(cache.get('http://host/a')).toBe(kept);
    expect(cache.get('http://host/a')).toBe(kept);
  });

  it('keeps nothing of addresses that never come back', () => {
    const cache = new TargetCache();
    for (const rest of ['', '/orders?page=1&sort=created_at&limit=20']) {
      const asked = Array.from({ length: 20_000 }, (_, n) => cache.get(`http://host/items/${n}${rest}`));
      expect(asked.filter(({ memory }) => memory !== undefined)).toEqual([]);
    }
  });

  it('makes room when what it keeps is not asked for any more', () => {
    const cache = new TargetCache(4);
    for (let n = 0; n < 4; n++) for (let i = 0; i < 2; i++) cache.get(`http://host/old/${n}`);
    const asked = Array.from({ length: 1000 }, (_, n) => cache.get(`http://host/new/${n % 8}`));
    expect(asked.slice(0, 100).every(({ memory }) => memory === undefined)).toBe(true);
    expect(asked.slice(-100).some(({ memory }) => memory !== undefined)).toBe(true);
  });
});
