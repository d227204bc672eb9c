import { describe, expect, it } from 'vitest';
import { bytes, duration, percent, shortNumber } from '../../../../src/engine/summary/text/format.ts';

describe('duration', () => {
  it.each([
    [0, '0s'],
    [0.000769, '769ns'],
    [0.0125, '12.5µs'],
    [0.88801, '888.01µs'],
    [148.219, '148.21ms'],
    [5, '5ms'],
    [1352.9, '1.35s'],
    [59_999, '59.99s'],
    [80_000, '1m20s'],
    [3_723_000, '1h2m3s'],
    [-12.5, '-12.5ms'],
  ])('shows %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('keeps to a unit when one is asked for', () => {
    expect([duration(1234.5678, 's'), duration(1.2345, 'ms'), duration(1.2345, 'us')]).toEqual([
      '1.23s',
      '1.23ms',
      '1234.50µs',
    ]);
  });
});

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [718.4, '718 B'],
    [4912, '4.9 kB'],
    [519_000, '519 kB'],
    [7_100_000, '7.1 MB'],
    [12_300_000_000, '12 GB'],
  ])('shows %d as %s', (value, text) => {
    expect(bytes(value)).toBe(text);
  });
});

describe('percent', () => {
  it('never rounds up to all, nor loses a digit to binary fractions', () => {
    expect([percent(1), percent(0.99999), percent(0.57), percent(21 / 444), percent(0)]).toEqual([
      '100.00%',
      '99.99%',
      '57.00%',
      '4.72%',
      '0.00%',
    ]);
  });
});

describe('shortNumber', () => {
  it('has no zeros at the end', () => {
    expect([shortNumber(5), shortNumber(5.1), shortNumber(152.355555555), shortNumber(100)]).toEqual([
      '5',
      '5.1',
      '152.355556',
      '100',
    ]);
  });
});
