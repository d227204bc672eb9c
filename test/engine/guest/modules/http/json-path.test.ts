import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectPath } from '../../../../../src/engine/guest/modules/http/json-path.ts';
import { matches } from '../../../../../src/engine/guest/modules/http/json-query.ts';

const dale = { first: 'Dale', last: 'Murphy', age: 44, nets: ['ig', 'fb', 'tw'] };
const roger = { first: 'Roger', last: 'Craig', age: 68, nets: ['fb', 'tw'] };
const jane = { first: 'Jane', last: 'Murphy', age: 47, nets: ['ig', 'tw'] };
const json = {
  name: { first: 'Tom', last: 'Anderson' },
  age: 37,
  children: ['Sara', 'Alex', 'Jack'],
  'fav.movie': 'Deer Hunter',
  friends: [dale, roger, jane],
  active: true,
  nothing: null,
};

describe('selectPath', () => {
  // The document and the paths of the public description of the syntax.
  it.each<[string, unknown]>([
    ['name.last', 'Anderson'],
    ['age', 37],
    ['children', ['Sara', 'Alex', 'Jack']],
    ['children.0', 'Sara'],
    ['friends.1', roger],
    ['friends.1.first', 'Roger'],
    ['child*.2', 'Jack'],
    ['c?ildren.0', 'Sara'],
    ['fav\\.movie', 'Deer Hunter'],
    ['friends.#', 3],
    ['friends.#.age', [44, 68, 47]],
    ['friends.#(last=="Murphy").first', 'Dale'],
    ['friends.#(last=="Murphy")#.first', ['Dale', 'Jane']],
    ['friends.#(age>45)#.last', ['Craig', 'Murphy']],
    ['friends.#(first%"D*").last', 'Murphy'],
    ['friends.#(first!%"D*").last', 'Craig'],
    ['children.#(!%"*a*")', 'Alex'],
    ['children.#(%"*a*")#', ['Sara', 'Jack']],
    ['friends.#(nets.#(=="fb"))#.first', ['Dale', 'Roger']],
    ['friends|0.first', 'Dale'],
    ['friends.0|first', 'Dale'],
    ['friends|#', 3],
    ['friends.#(last="Murphy")#', [dale, jane]],
    ['friends.#(last="Murphy")#|first', undefined],
    ['friends.#(last="Murphy")#.0', []],
    ['friends.#(last="Murphy")#|0', dale],
    ['friends.#(last="Murphy")#.#', []],
    ['friends.#(last="Murphy")#|#', 2],
    ['friends.#.nets.#', [3, 2, 2]],
    ['friends.#.first|1', 'Roger'],
    ['children.@reverse', ['Jack', 'Alex', 'Sara']],
    ['children.@reverse.0', 'Jack'],
    ['@this.age', 37],
    ['name.@keys', ['first', 'last']],
    ['name.@values.1', 'Anderson'],
    ['friends.#.nets.@flatten', undefined],
    ['friends.#.nets|@flatten|#', 7],
    ['[name,age].@join', json.name],
    [
      '{name.first,age,"the_murphys":friends.#(last="Murphy")#.first}',
      { first: 'Tom', age: 37, the_murphys: ['Dale', 'Jane'] },
    ],
    ['[age,missing,children.1]', [37, 'Alex']],
    ['friends.#(age==44).@this.first', 'Dale'],
    ['age.@tostr', '37'],
    ['friends.#(nope).first', undefined],
    ['friends.#(nets).first', 'Dale'],
    ['friends.3', undefined],
    ['children.first', undefined],
    ['age.more', undefined],
    ['nothing', null],
    ['active', true],
    ['missing', undefined],
    ['@dig:age', [37, 44, 68, 47]],
  ])('%s', (path, expected) => {
    if (path === 'friends.#.nets.@flatten')
      expect(selectPath(json, path)).toEqual(json.friends.map(({ nets }) => nets));
    else expect(selectPath(json, path)).toEqual(expected);
  });

  it('finds what plain keys lead to', () => {
    const key = fc.stringMatching(/^[a-z.*?\\|#@]{1,6}$/);
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), fc.jsonValue(), (keys, leaf) => {
        let document: unknown = leaf;
        for (const each of keys.toReversed()) document = { [each]: document };
        const path = keys.map((each) => each.replace(/[.*?\\|#@]/g, '\\$&')).join('.');
        expect(selectPath(document, path)).toEqual(leaf);
      }),
    );
  });

  it('never throws, whatever the path', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9.#()[\]{}"=<>%!@|*?\\:,~]{0,20}$/), (path) => {
        selectPath(json, path);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('matches', () => {
  it('agrees with a regular expression', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab]{0,8}$/), fc.stringMatching(/^[ab*?]{0,6}$/), (text, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matches(text, pattern)).toBe(expression.test(text));
      }),
    );
  });
});
