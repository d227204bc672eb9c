import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ThreadTagSpace, TRANSIENT } from '../../../src/engine/metrics/tags.ts';

const key = fc.constantFrom('a', 'b', 'name', 'zz');
const value = fc.constantFrom('', '1', 'x', 'a1');

describe('ThreadTagSpace', () => {
  it('makes equal sets one object, however they were built', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 8 }), (tags) => {
        const space = new ThreadTagSpace(undefined);
        const built = space.intern(tags);
        const expected = new Map(tags);
        expect(built.entries()).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)));
        expect(space.intern([...expected].reverse())).toBe(built);
      }),
    );
  });

  it('tells sets apart whose texts run together', () => {
    const space = new ThreadTagSpace(undefined);
    expect(space.intern([['a', 'b1:c']])).not.toBe(
      space.intern([
        ['a', 'b'],
        ['c', ''],
      ]),
    );
    expect(space.intern([['ab', 'c']])).not.toBe(space.intern([['a', 'bc']]));
  });

  it('drops keys that nobody reads', () => {
    const space = new ThreadTagSpace(['name']);
    expect(space.root.with('url', 'http://x/1')).toBe(space.root);
    expect(space.root.with('name', 'x').with('url', 'y').entries()).toEqual([['name', 'x']]);
    expect([space.wants('name'), space.wants('url')]).toEqual([true, false]);
  });

  it('replaces and removes values', () => {
    const set = new ThreadTagSpace(undefined).root.with('a', '1').with('b', '2');
    expect(set.with('a', '9').get('a')).toBe('9');
    expect(set.with('a', '1')).toBe(set);
    expect(set.without('a').entries()).toEqual([['b', '2']]);
    expect(set.without('nope')).toBe(set);
    expect(set.without('a').without('b').entries()).toEqual([]);
  });

  it('stops keeping sets at its bound and counts those beyond', () => {
    const space = new ThreadTagSpace(undefined, 3);
    const kept = space.root.with('id', '1');
    space.root.with('id', '2');
    const beyond = space.root.with('id', '3');
    expect(beyond.id).toBe(TRANSIENT);
    expect(beyond.get('id')).toBe('3');
    expect(space.root.with('id', '3')).not.toBe(beyond);
    expect(space.root.with('id', '1')).toBe(kept);
    expect([space.size, space.beyond]).toEqual([3, 2]);
  });
});
