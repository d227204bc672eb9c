import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePlan, type Plan } from '../../src/config/plan.ts';
import { LoadError } from '../../src/errors.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'gravl-plan-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const plan = (flags: Record<string, unknown> = {}, env: Record<string, string> = {}): Promise<Plan> =>
  makePlan({ flags, env, cwd });
const config = (text: string): Promise<void> => writeFile(path.join(cwd, 'gravl-load.config.ts'), text);
const refusal = async (promise: Promise<unknown>): Promise<LoadError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LoadError);
  return error as LoadError;
};
const allOf = (error: LoadError): string => [error.message, ...error.problems].join('\n');

describe('the plan', () => {
  it('is the baseline profile on the stand-in target when nothing is said', async () => {
    const made = await plan();
    expect(made).toMatchObject({
      env: 'local',
      profile: 'baseline',
      load: { kind: 'users', vus: 10, duration: '30s' },
      thinkSeconds: 0.5,
      scenarios: ['health', 'exercises', 'metrics'],
      target: { baseUrl: null },
      resultsDir: path.join(cwd, 'results'),
    });
  });

  it('is frozen in its depths', async () => {
    const made = await plan();
    expect(Object.isFrozen(made)).toBe(true);
    expect(Object.isFrozen(made.target)).toBe(true);
    expect(Object.isFrozen(made.load)).toBe(true);
  });

  it('takes an option from the flag before the variable, the variable before the file, the file before the default', async () => {
    await config("export default { profile: 'soak', vus: 3, results: 'out' };");
    expect((await plan()).profile).toBe('soak');
    expect((await plan({}, { GRAVL_LOAD_PROFILE: 'smoke' })).profile).toBe('smoke');
    expect((await plan({ profile: 'spike' }, { GRAVL_LOAD_PROFILE: 'smoke' })).profile).toBe('spike');
    expect((await plan()).resultsDir).toBe(path.join(cwd, 'out'));
    expect((await plan()).load).toMatchObject({ vus: 3 });
  });

  it('reads GRAVL_API_URL and GRAVL_METRICS_URL, after their GRAVL_LOAD_ names', async () => {
    const env = { GRAVL_API_URL: 'http://a.test/', GRAVL_METRICS_URL: 'http://m.test' };
    expect((await plan({}, env)).target).toMatchObject({ baseUrl: 'http://a.test', metricsUrl: 'http://m.test' });
    expect((await plan({}, { ...env, GRAVL_LOAD_BASE_URL: 'http://b.test' })).target.baseUrl).toBe('http://b.test');
  });

  it('knows staging and production', async () => {
    expect((await plan({ env: 'staging' })).target.baseUrl).toBe('https://staging.gravl.app');
    expect((await plan({ env: 'production', yes: true })).target.baseUrl).toBe('https://gravl.app');
  });

  it('leaves the metrics scenario out when no metrics address is known, and says so when it was named', async () => {
    expect((await plan({ baseUrl: 'http://a.test' })).scenarios).toEqual(['health', 'exercises']);
    const error = await refusal(plan({ baseUrl: 'http://a.test', scenario: ['metrics'] }));
    expect(error).toMatchObject({ code: 'config.invalid', exitCode: 2 });
    expect(error.hint).toContain('--metrics-url');
  });

  it('turns --rate into an open model without think time', async () => {
    expect(await plan({ rate: '50', duration: '10s' })).toMatchObject({
      load: { kind: 'rate', rate: 50, duration: '10s' },
      thinkSeconds: 0,
      durationMs: 10_000,
    });
  });

  it('takes environments, profiles and thresholds of its own from the file', async () => {
    await config(`
      import { defineConfig } from 'gravl-load';
      export default defineConfig({
        env: 'preview', profile: 'tiny',
        environments: { preview: { baseUrl: 'http://preview.test' } },
        profiles: { tiny: { purpose: 'tiny', load: { kind: 'users', vus: 1, duration: '1s' }, think: 0 } },
        thresholds: { http_req_duration: ['p(95)<50'] },
      });`);
    expect(await plan()).toMatchObject({
      target: { baseUrl: 'http://preview.test', metrics: 'optional' },
      purpose: 'tiny',
      thresholds: { http_req_duration: ['p(95)<50'] },
    });
  });
});

describe('a wrong plan', () => {
  it('names every problem at once, with the nearest known name', async () => {
    const error = await refusal(
      plan({ env: 'stagin', profile: 'basline', engine: 'dokcer', scenario: ['healt'], vus: '-3', duration: '3x' }),
    );
    expect(error).toMatchObject({ code: 'config.invalid', exitCode: 2 });
    expect(error.problems).toEqual([
      '--vus: must be at least 1, not "-3"',
      '--duration: must be a duration above 0 like 30s, 2m or 1h30m, not "3x"',
      expect.stringContaining('did you mean "staging"?'),
      expect.stringContaining('did you mean "baseline"?'),
      expect.stringContaining('did you mean "docker"?'),
      expect.stringContaining('did you mean "health"?'),
    ]);
  });

  it('names the variable or the file that a wrong value came from', async () => {
    await config("export default { vus: 'many' };");
    expect(allOf(await refusal(plan()))).toContain('gravl-load.config.ts: vus: must be a whole number');
    expect(allOf(await refusal(plan({}, { GRAVL_LOAD_VUS: '0' })))).toContain('GRAVL_LOAD_VUS: must be at least 1');
  });

  it('rejects unknown keys of the file, at any depth, with the nearest name', async () => {
    await config(`export default {
      profil: 'smoke',
      environments: { qa: { baseURL: 'http://x.test' } },
      profiles: { p: { purpose: 'x', thnik: 1, think: 1, load: { kind: 'users', vus: 1, duration: '1s' } } },
    };`);
    const text = allOf(await refusal(plan()));
    expect(text).toContain('unknown key "profil"; did you mean "profile"?');
    expect(text).toContain('environments.qa: unknown key "baseURL"; did you mean "baseUrl"?');
    expect(text).toContain('profiles.p: unknown key "thnik"; did you mean "think"?');
  });

  it('says which line of the file does not compile', async () => {
    await config('export default {\n  env: \n};\n');
    const error = await refusal(plan());
    expect(error).toMatchObject({ code: 'config.unreadable', exitCode: 2 });
    expect(error.message).toMatch(/gravl-load\.config\.ts: line 3:/);
  });

  it.each([
    ['ftp://x.test', 'must be an http or https address'],
    ['localhost:3000', 'must be an http or https address'],
    ['http://', 'must be an http or https address'],
  ])('rejects the address %s', async (baseUrl, message) => {
    expect(allOf(await refusal(plan({ baseUrl })))).toContain(message);
  });

  it('does not take a rate and a number of iterations together', async () => {
    expect(allOf(await refusal(plan({ rate: '5', iterations: '10' })))).toContain('exclude each other');
  });
});

describe('variables of the scenarios', () => {
  it.each(['GRAVL_LOAD_PLAN', 'K6_VUS', 'GRAVL_K6_ALLOW_HOSTNAMES'])(
    'cannot be %s, which would change the load behind the plan',
    async (name) => {
      expect(allOf(await refusal(plan({ variable: [`${name}=1`] })))).toContain(`${name} belongs to the engine`);
    },
  );
});

describe('production', () => {
  it('is refused without --yes, but shows its plan', async () => {
    const error = await refusal(plan({ env: 'production' }));
    expect(error).toMatchObject({ code: 'plan.refused', exitCode: 2 });
    expect(error.message).toContain('--yes');
    expect((await plan({ env: 'production', dryRun: true })).env).toBe('production');
  });

  it('takes only smoke and baseline, and no more load than they have', async () => {
    expect((await refusal(plan({ env: 'production', profile: 'stress', yes: true }))).code).toBe('plan.refused');
    expect((await refusal(plan({ env: 'production', vus: '11', yes: true }))).message).toContain('11 users');
    expect((await refusal(plan({ env: 'production', rate: '21', yes: true }))).message).toContain('21 iterations/s');
    expect((await plan({ env: 'production', profile: 'smoke', yes: true })).profile).toBe('smoke');
  });

  it('has no more users than are allowed with a rate, too', async () => {
    const rate = { env: 'production', rate: '20', yes: true };
    expect((await plan(rate)).load).toMatchObject({ kind: 'rate', maxVUs: 10 });
    expect((await refusal(plan({ ...rate, vus: '11' }))).message).toContain('11 users');
    await config(`export default { profiles: { fall: { purpose: 'x', think: 0,
      load: { kind: 'rate-stages', startRate: 500, stages: [{ duration: '1m', target: 1 }] } } },
      environments: { production: { profiles: null } } };`);
    expect((await refusal(plan({ env: 'production', profile: 'fall', yes: true }))).message).toContain('500 iter');
  });

  it('takes more when the file says so', async () => {
    await config("export default { environments: { production: { profiles: ['stress'], maxRate: 1000 } } };");
    expect((await plan({ env: 'production', profile: 'stress', yes: true })).profile).toBe('stress');
  });

  it('cannot be confirmed by the file', async () => {
    await config("export default { env: 'production', yes: true };");
    expect(allOf(await refusal(plan()))).toContain('unknown key "yes"');
  });
});

it('takes the scenarios of the project it is called in', async () => {
  await mkdir(path.join(cwd, 'scenarios'));
  await writeFile(path.join(cwd, 'scenarios', 'load.ts'), '');
  await writeFile(path.join(cwd, 'scenarios', 'checkout.ts'), '');
  expect(await plan({ scenario: ['all'] })).toMatchObject({ scenarios: ['checkout'], projectDir: cwd });
});
