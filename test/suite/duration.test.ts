import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/suite/duration.ts';

describe('durations', () => {
  it.each([
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['1.5m', 90_000],
    ['500ms', 500],
    ['1d', 86_400_000],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '30', '3x', 's', '-1s', '1 s', '1s ', '1m2', '1e3s', '٣s'])('does not read %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('reads back what it writes', () => {
    fc.assert(fc.property(fc.nat({ max: 10 ** 10 }), (ms) => parseDuration(formatDuration(ms)) === ms));
  });
});
