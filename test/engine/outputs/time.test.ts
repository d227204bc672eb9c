import { afterEach, describe, expect, it } from 'vitest';
import { rfc3339 } from '../../../src/engine/outputs/time.ts';

describe('rfc3339', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    process.env['TZ'] = zone;
  });

  it('writes the digits there are, in the local zone', () => {
    process.env['TZ'] = 'UTC';
    const base = Date.UTC(2026, 10, 24, 3, 4, 5);
    expect(rfc3339(base)).toBe('2026-11-24T03:04:05Z');
    expect(rfc3339(base + 120)).toBe('2026-11-24T03:04:05.12Z');
    expect(rfc3339(base + 0.25)).toBe('2026-11-24T03:04:05.00025Z');
    expect(rfc3339(base + 999.9999)).toBe('2026-11-24T03:04:06Z');
    process.env['TZ'] = 'America/St_Johns';
    expect(rfc3339(base + 60_000)).toBe('2026-11-23T23:35:05-03:30');
    expect(new Date(rfc3339(base + 61_001)).getTime()).toBe(base + 61_001);
  });
});
