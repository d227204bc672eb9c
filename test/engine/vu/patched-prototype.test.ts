import { afterEach, expect, it } from 'vitest';
import { iterate, openScript, scenario, type ScriptRun } from './script-run.ts';

let run: ScriptRun | undefined;
afterEach(async () => {
  await run?.dispose();
  run = undefined;
});

it.each(['fast', 'exact'] as const)(
  'what a script gives to all objects is no tag and no variable (%s)',
  async (strategy) => {
    run = await openScript(
      `import exec from 'k6/execution';
     Object.prototype.extra = 'x';
     Object.prototype.extend = function () {};
     export default function () { console.log(JSON.stringify(exec.vu.tags), JSON.stringify(__ENV)); }`,
      { strategy, env: { A: '1' } },
    );
    const vu = await run.vu();
    expect(await iterate(vu)).toEqual({ kind: 'done' });
    await iterate(vu, scenario({ name: 'other', tags: { t: '1' }, env: { B: '2' } }));
    expect(run.console()).toEqual([
      '{"scenario":"default","group":""} {"A":"1"}',
      '{"scenario":"other","t":"1","group":""} {"A":"1","B":"2"}',
    ]);
    expect(run.samples.flatMap(({ tags }) => Object.keys(tags))).not.toContain('extend');
  },
);
