import { describe, expect, it } from 'vitest';
import { nearest, unknownName } from '../../src/config/nearest.ts';

describe('nearest', () => {
  it.each([
    ['stagin', 'staging'],
    ['stagign', 'staging'],
    ['STAGING', 'staging'],
    ['prodution', 'production'],
  ])('takes %s for %s', (name, meant) => {
    expect(nearest(name, ['local', 'staging', 'production'])).toBe(meant);
  });

  it('has no idea when nothing is near', () => {
    expect(nearest('kubernetes', ['local', 'staging', 'production'])).toBeUndefined();
  });
});

it('lists what is known, with the nearest name first when there is one', () => {
  expect(unknownName('engine', 'k7', ['embedded', 'k6'])).toBe(
    'unknown engine "k7": did you mean "k6"? Known: embedded, k6',
  );
  expect(unknownName('engine', 'locust', ['embedded', 'k6'])).toBe('unknown engine "locust": known: embedded, k6');
});
