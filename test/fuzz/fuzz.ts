/**
 * How the fuzz tests run. FUZZ=200 multiplies the number of inputs: the long run of docs/reliability.md.
 * Promised of every reader of foreign text: it returns, or throws one of its own errors; nothing hangs, and nothing of
 * the language is changed by what it read.
 */
import fc from 'fast-check';
import { expect } from 'vitest';

const factor = Number(process.env['FUZZ'] ?? 1);

/** Inputs judged so far in this file. */
export const judged = { inputs: 0 };

export const settings = (runs: number): { numRuns: number } => ({ numRuns: Math.ceil(runs * factor) });

/** A test may take its share of a long run. */
export const timeout = 600_000 * Math.max(1, factor);

const names = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));

/**
 * Calls the reader.
 * @param own whether an error is one of the reader's own
 */
export function reads(reader: () => unknown, own: (error: unknown) => boolean): void {
  judged.inputs++;
  try {
    reader();
  } catch (error) {
    if (!own(error)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    expect(message).not.toBe('');
    expect(message).not.toMatch(/\n\s+at .*:\d+:\d+/);
  }
  unpolluted();
}

export function unpolluted(): void {
  if (JSON.stringify(Object.getOwnPropertyNames(Object.prototype)) !== names || 'polluted' in {}) {
    throw new Error('Object.prototype was changed');
  }
}

/** Text made of the words and characters that mean something to the reader, and of others. */
export const textOf = (...words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...words) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            '__proto__',
            'constructor',
            '\0',
            '\u2028',
            '\ud800',
            '-0',
            '1e999',
            '9'.repeat(400),
          ),
        },
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(''));

/** Any JSON value, with the keys that hurt. */
export const json: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(null, true, -0, 1e308, -1, 0.5, '', '30s', '__proto__', 'p(95)<200'),
    fc.integer(),
    fc.string({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(
        fc.tuple(
          fc.oneof(fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString'), fc.string({ maxLength: 6 })),
          tie('value'),
        ),
        { maxLength: 4 },
      )
      // As JSON.parse makes it: `__proto__` is an own key.
      .map(
        (entries) =>
          JSON.parse(
            `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value ?? null)}`).join(',')}}`,
          ) as unknown,
      ),
  ),
})).value;

/** A valid document in which a few places were replaced, removed or given a key that hurts. */
export function mutated(document: unknown): fc.Arbitrary<unknown> {
  return fc.array(fc.tuple(fc.nat(), json, fc.nat(3)), { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = structuredClone(document);
    for (const [which, value, how] of changes) {
      const places = placesOf(copy);
      const place = places[which % places.length];
      if (place === undefined) continue;
      const [parent, key] = place;
      if (how === 0) Reflect.deleteProperty(parent, key);
      else if (how === 1)
        Object.defineProperty(parent, '__proto__', { value, enumerable: true, configurable: true, writable: true });
      else Reflect.set(parent, key, value);
    }
    // As a file has it: without the holes that removing leaves in lists.
    return JSON.parse(JSON.stringify(copy)) as unknown;
  });
}

function placesOf(value: unknown): [object, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [
    [value, key] as [object, string],
    ...placesOf((value as Record<string, unknown>)[key]),
  ]);
}

/** A text cut off or with other bytes in it. */
export const damaged = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(text.length), fc.string({ unit: 'binary', maxLength: 6 }), fc.nat(20))
    .map(([at, inserted, removed]) =>
      removed === 20 ? text.slice(0, at) : text.slice(0, at) + inserted + text.slice(at + removed),
    );
