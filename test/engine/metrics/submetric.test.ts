import { describe, expect, it } from 'vitest';
import { parseSelector, selects } from '../../../src/engine/metrics/submetric.ts';
import { ThreadTagSpace } from '../../../src/engine/metrics/tags.ts';

function parse(text: string): unknown {
  const parsed = parseSelector(text);
  return parsed.ok ? parsed.selector : parsed.reason;
}

describe('parseSelector', () => {
  it('reads a metric without tags', () => {
    expect(parse('http_reqs')).toEqual({ name: 'http_reqs', metric: 'http_reqs', tags: [] });
  });

  it('reads tags, and trims the space at the braces from the shown name', () => {
    expect(parse('tt{ part:b,extra:1 }')).toEqual({
      name: 'tt{part:b,extra:1}',
      metric: 'tt',
      tags: [
        ['part', 'b'],
        ['extra', '1'],
      ],
    });
  });

  it('keeps colons in values and takes quotes off', () => {
    expect(parse('a{url:http://x:80/p, "k":\'v\'}')).toMatchObject({
      tags: [
        ['url', 'http://x:80/p'],
        ['k', 'v'],
      ],
    });
    expect(parse('a{group:::outer::inner}')).toMatchObject({ tags: [['group', '::outer::inner']] });
  });

  it.each(['a{', 'a{b:c', 'a}', 'a{}', 'a{b:c}d'])('refuses %s', (text) => {
    expect(parseSelector(text).ok).toBe(false);
  });
});

describe('selects', () => {
  it('wants every tag with exactly its value', () => {
    const parsed = parseSelector('m{a:1,b:}');
    if (!parsed.ok) throw new Error(parsed.reason);
    const { root } = new ThreadTagSpace(undefined);
    expect(selects(parsed.selector, root.with('a', '1').with('b', ''))).toBe(true);
    expect(selects(parsed.selector, root.with('a', '1'))).toBe(false);
    expect(selects(parsed.selector, root.with('a', '2').with('b', ''))).toBe(false);
  });
});
