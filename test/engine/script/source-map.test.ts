import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createStackMapper } from '../../../src/engine/script/source-map.ts';
import { evaluate, load, project } from './project.ts';

/** What the log would show for what `script.js` throws when its default function runs, or its top level. */
async function uncaught(files: Record<string, string>, entry = 'script.js'): Promise<{ log: string; dir: string }> {
  const dir = project(files);
  const program = await load(dir, entry);
  const mapper = createStackMapper(program);
  try {
    const { exports } = await evaluate(program);
    (exports['default'] as () => void)();
  } catch (error) {
    const { name, message, stack } = error as Error;
    return {
      log: mapper.describe({ name, message, stack: stack ?? '' }).replaceAll(pathToFileURL(dir).href, 'file://DIR'),
      dir,
    };
  }
  throw new Error('nothing was thrown');
}

describe('uncaught errors', () => {
  it('of the top level point at the user’s line and column', async () => {
    const { log } = await uncaught({
      'script.js': `console.log('before');\nexport const options = { iterations: 1 };\nif (__ENV.NAME) throw new Error('init went wrong');\n`,
    });
    expect(log).toBe('Error: init went wrong\n\tat file://DIR/script.js:3:23\n');
  });

  it('name functions, files of several modules and native callers, and drop the engine’s frames', async () => {
    const { log } = await uncaught({
      'script.js': `import { each } from './lib/a.js';\n\nexport default function () {\n  each((x) => {\n    throw new RangeError('at ' + x);\n  });\n}\n`,
      'lib/a.js': `// a comment\nexport function each(f) {\n  [1, 2].forEach(f);\n}\n`,
    });
    expect(log).toBe(
      'RangeError: at 1\n\tat file://DIR/script.js:5:11\n\tat forEach (native)\n\tat each (file://DIR/lib/a.js:3:17)\n' +
        '\tat default (file://DIR/script.js:4:7)\n',
    );
  });

  it('of TypeScript point into the TypeScript', async () => {
    const { log } = await uncaught(
      {
        'script.ts': `interface Long {\n  a: number;\n}\n\nclass Runner {\n  run(x?: Long): void {\n    const y = x as Long;\n    y.a.toFixed();\n  }\n}\nexport default (): void => {\n  new Runner().run();\n};\n`,
      },
      'script.ts',
    );
    expect(log).toMatch(
      /^TypeError: Cannot read property 'a' of undefined\n\tat run \(file:\/\/DIR\/script\.ts:8:\d+\)\n/,
    );
    expect(log).toContain('\tat default (file://DIR/script.ts:12:19)\n');
  });

  it('point where k6 points: at a call’s parenthesis, at the start of a member expression', async () => {
    const property = await uncaught({ 'script.js': `export default () => {\n  let a = { b: {} };\n  a.b.c.d.e;\n};` });
    expect(property.log).toContain('(file://DIR/script.js:3:3)');
    const native = await uncaught({ 'script.js': `export default () => {\n  return JSON.parse('{bad');\n};` });
    expect(native.log).toContain('\tat parse (native)\n\tat default (file://DIR/script.js:2:20)\n');
  });

  it('keep several lines of message, and have no frames when nothing of the script is on the stack', () => {
    const mapper = createStackMapper({
      map: '{"version":3,"sources":[],"names":[],"mappings":""}',
      url: 'file:///x.js',
    });
    const stack = 'Error: one\n    at two\n    at next (node:internal/x:1:2)\n    at gravl-k6:guest:3:4';
    expect(mapper.describe({ name: 'Error', message: 'one\n    at two', stack })).toBe('Error: one\n    at two\n');
    expect(mapper.describe({ name: 'Error', message: '', stack: '' })).toBe('Error\n');
  });

  it('map single positions', async () => {
    const dir = project({ 'script.js': `\n\nexport default 1 +\n  nothing;` });
    const program = await load(dir);
    const lines = program.code.split('\n');
    const line = lines.findIndex((text) => text.includes('nothing'));
    const column = lines[line]!.indexOf('nothing');
    const mapper = createStackMapper(program);
    expect(mapper.position(line + 1, column + 1)).toEqual({
      url: pathToFileURL(path.join(dir, 'script.js')).href,
      line: 4,
      column: 3,
    });
    expect(mapper.position(1, 1)).toBeUndefined();
  });
});
