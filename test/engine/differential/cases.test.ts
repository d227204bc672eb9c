import { beforeAll, describe, expect, it } from 'vitest';
import { cases } from './cases.ts';
import { type FastRealm, fastRealm } from './realm.ts';

let realm: FastRealm;
beforeAll(async () => {
  realm = await fastRealm();
});

describe('the fast form has the effects of the blocking program, in its order', () => {
  for (const { name, body, standStills } of cases) {
    it(name, async () => {
      const plain = await realm.runPlain(realm.compilePlain(body));
      const fast = await realm.runFast(realm.compileFast(body), 3);
      for (const run of fast) {
        expect(run.lines).toEqual(plain.lines);
        expect(run.standStills).toBe(standStills ?? 0);
      }
    });
  }
});
