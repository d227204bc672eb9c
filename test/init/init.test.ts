import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { shapeOfSchema } from '../../src/init/body-shape.ts';
import { readHar } from '../../src/init/har.ts';
import { literal } from '../../src/init/literal.ts';
import { readOpenApi } from '../../src/init/openapi.ts';
import { renderScenario } from '../../src/init/scenario.ts';
import type { RequestSketch } from '../../src/init/sketch.ts';
import { expectPass, gravlLoad, recordOf, target, temporaryFolder, unhurry } from '../e2e/harness.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/init/${name}`, import.meta.url));

describe('gravl-load init', () => {
  it('makes a project whose first run passes', async () => {
    const dir = temporaryFolder();
    const made = await gravlLoad(['init'], { cwd: dir });
    expect(made.stderr).toBe('');
    expect(made.exitCode).toBe(0);
    expect(readdirSync(dir).sort()).toEqual([
      '.github',
      '.gitignore',
      'gravl-load.config.ts',
      'package.json',
      'scenarios',
      'thresholds',
      'tsconfig.json',
    ]);
    unhurry(dir);
    const run = await gravlLoad(['run', '--vus', '10', '--iterations', '50', '--json'], { cwd: dir });
    const record = recordOf(run);
    expectPass(record);
    expect(run.exitCode).toBe(0);
    expect(record.scenarios).toEqual(['health']);
  });

  it('keeps what is there, and says what to add', async () => {
    const dir = temporaryFolder();
    mkdirSync(path.join(dir, 'scenarios'));
    writeFileSync(path.join(dir, 'scenarios/load.ts'), '// mine\n');
    const made = await gravlLoad(['init'], { cwd: dir });
    expect(made.stdout).toContain('kept  scenarios/load.ts, which was there already');
    expect(made.stdout).toContain("import health from './health.ts';");
    expect(readFileSync(path.join(dir, 'scenarios/load.ts'), 'utf8')).toBe('// mine\n');
    expect(made.stdout).not.toContain('package.json:');

    writeFileSync(path.join(dir, 'scenarios/load.ts'), `import health from "./health";\n`);
    writeFileSync(path.join(dir, 'package.json'), '{}\n');
    const again = await gravlLoad(['init'], { cwd: dir });
    expect(again.stdout).not.toContain('Add to scenarios/load.ts');
    expect(again.stdout).toContain('add to the scripts of package.json:\n"load": "gravl-load run"\n');
  });

  it('makes scenarios of an OpenAPI document that pass against the API it describes', async () => {
    const dir = temporaryFolder();
    const made = await gravlLoad(['init', '--openapi', fixture('openapi.yaml')], { cwd: dir });
    expect(made.stderr).toBe('');
    expect(made.stdout).toContain('left out  1 POST');
    unhurry(dir);
    const { url } = await target();
    const run = await gravlLoad(['run', '--base-url', url, '--vus', '10', '--iterations', '60', '--json'], {
      cwd: dir,
    });
    const record = recordOf(run);
    expectPass(record);
    expect(run.exitCode).toBe(0);
    expect(record.endpoints.map(({ name }) => name).sort()).toEqual([
      'get-api-exercises',
      'get-api-exercises-id',
      'get-health',
    ]);
    expect(record.checks.find(({ name }) => name === 'has the expected shape')).toMatchObject({ fails: 0 });
  });

  it.each([
    ['no document', 'nothing.yaml', undefined, /nothing\.yaml cannot be read/],
    ['no YAML', 'a.yaml', 'a: [', /a\.yaml: .* at line 1/],
    ['no OpenAPI', 'a.yaml', 'openapi: 3.0.0\npaths: 3\n', /a\.yaml is not a valid OpenAPI document/],
    ['no paths', 'a.json', '{"openapi":"3.0.0","info":{"title":"t","version":"1"},"paths":{}}', /has no request/],
  ])('%s: one message, exit code 2, nothing written', async (_, name, text, message) => {
    const dir = temporaryFolder();
    if (text !== undefined) writeFileSync(path.join(dir, name), text);
    const made = await gravlLoad(['init', 'project', '--openapi', name], { cwd: dir });
    expect(made.stderr).toMatch(message);
    expect(made.stderr).not.toMatch(/\n\s+at |This is a bug/);
    expect(made.exitCode).toBe(2);
    expect(readdirSync(dir)).toEqual(text === undefined ? [] : [name]);
  });
});

describe('readHar', () => {
  it('takes the calls of the main API, names ids, and leaves secrets out', async () => {
    const { requests, leftOut } = await readHar(fixture('session.har'), ['get', 'post']);
    expect(requests.map(({ method, path: at, status }) => [method, at, status])).toEqual([
      ['GET', '/api/exercises/{id}', 200],
      ['POST', '/api/workouts', 201],
    ]);
    expect(requests[0]).toMatchObject({
      pathValues: { id: ['17', '18'] },
      query: [
        ['lang', 'en'],
        ['access_token', ''],
      ],
      shape: { fields: { id: 'number', name: 'string', tags: 'array' } },
    });
    expect(leftOut).toEqual([
      '2 of pages, pictures, styles and scripts',
      '1 to other hosts than https://api.gravl.app',
    ]);
    const text = requests.map((request) => renderScenario('x', request.path, [request])).join('\n');
    expect(text).not.toContain('SECRET');
    expect(text).toContain('// The body was recorded: see that no secret is in it.');
  });

  it('refuses what is no HAR, naming the field', async () => {
    const file = path.join(temporaryFolder(), 'a.har');
    writeFileSync(file, '{"log":{"entries":[{"request":{}}]}}');
    await expect(readHar(file, ['get'])).rejects.toThrow(/a\.har is not a HAR: log\.entries\.0\.request\.method/);
  });
});

describe('what is written of a foreign document', () => {
  const hostile = '*/ process.exit() /* `${evil}` \' " \\ \n \u2028';

  it('cannot leave its literal', () => {
    const written = literal({ [hostile]: [hostile, 1, true, null, {}] });
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- the proof
    expect(new Function(`return (${written});`)()).toEqual({ [hostile]: [hostile, 1, true, null, {}] });
  });

  it('cannot leave the comment or the address', async () => {
    const request: RequestSketch = {
      method: 'POST',
      path: `/a/{id}/${hostile}`,
      pathValues: { id: [hostile] },
      query: [[hostile, hostile]],
      headers: { [hostile]: hostile },
      body: hostile,
      status: 201,
      contentType: hostile,
      shape: shapeOfSchema({ type: 'object', properties: { [hostile]: { enum: [hostile] } }, required: [hostile] }),
      notes: [hostile],
    };
    const { transform } = await import('esbuild');
    const { code } = await transform(renderScenario('a', request.path, [request]), { loader: 'ts' });
    expect(code).not.toMatch(/^\s*process\.exit/m);
    // Whatever is left of the placeholder stands in a text, never in code.
    expect(code.replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|`(\\[^]|[^`\\])*`/g, '')).not.toContain('evil');
  });

  it('describes schemas that contain themselves', async () => {
    const { requests } = await readOpenApi(fixture('openapi.yaml'), ['get']);
    expect(requests[2]?.shape).toMatchObject({ fields: { name: 'string', muscle: 'string' } });
    expect(requests[2]?.shape?.type).toContain('readonly id: string | number;');
  });
});
