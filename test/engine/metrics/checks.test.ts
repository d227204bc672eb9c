import { describe, expect, it } from 'vitest';
import { CheckTree } from '../../../src/engine/metrics/checks.ts';

describe('CheckTree', () => {
  it('keeps groups and checks in order of first appearance', () => {
    const tree = new CheckTree();
    tree.group('::b');
    tree.check('::a::deep', 'x', true);
    tree.check('', 'root', false);
    tree.check('::a::deep', 'x', false);
    tree.group('::b');
    expect(tree.groups()).toEqual(['', '::b', '::a', '::a::deep']);
    expect(tree.checks('::a::deep')).toEqual([{ name: 'x', group: '::a::deep', passes: 1, fails: 1 }]);
    expect(tree.checks('::none')).toEqual([]);
  });

  it('adds what other threads counted; a reset keeps names but not counts', () => {
    const [main, other] = [new CheckTree(), new CheckTree()];
    main.check('', 'a', true);
    other.check('', 'b', false);
    other.check('', 'a', true);
    main.merge(structuredClone(other.state()));
    other.reset();
    main.merge(other.state());
    expect(main.checks('')).toEqual([
      { name: 'a', group: '', passes: 2, fails: 0 },
      { name: 'b', group: '', passes: 0, fails: 1 },
    ]);
  });
});
