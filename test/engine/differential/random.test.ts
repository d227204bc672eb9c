import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { program } from './grammar.ts';
import { type FastRealm, fastRealm } from './realm.ts';

/** `DIFFERENTIAL_RUNS=20000 npx vitest run test/engine/differential/random.test.ts` for the long run. */
const numRuns = Number(process.env['DIFFERENTIAL_RUNS'] ?? 300);
const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? 20261124);

let realm: FastRealm;
beforeAll(async () => {
  realm = await fastRealm();
});

it(
  `${numRuns} random programs have the same trace in both forms`,
  async () => {
    let compiled = 0;
    await fc.assert(
      fc.asyncProperty(program, async (body) => {
        const plain = realm.compilePlain(body);
        if (plain === undefined) return;
        compiled++;
        const { lines: expected, unhandled } = await realm.runPlain(plain);
        for (const run of await realm.runFast(realm.compileFast(body), 2)) {
          const at = run.lines.findIndex((line, i) => line !== expected[i]);
          if (at < 0 && run.lines.length === expected.length) {
            expect(run.unhandled).toEqual(unhandled);
            continue;
          }
          const around = (lines: readonly string[]): string => lines.slice(Math.max(0, at - 3), at + 3).join('\n');
          throw new Error(`line ${at}: blocking\n${around(expected)}\n\nfast\n${around(run.lines)}\n\n${body}`);
        }
      }),
      { numRuns, seed },
    );
    expect(compiled).toBeGreaterThan(numRuns * 0.9);
  },
  // The number of programs is the bound: a slow machine is no difference.
  0,
);
