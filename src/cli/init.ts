/** `gravl-load init` */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { option } from '../config/options.ts';
import { suiteVersion } from '../config/package.ts';
import * as value from '../config/values.ts';
import { LoadError } from '../errors.ts';
import { readHar } from '../init/har.ts';
import { readOpenApi } from '../init/openapi.ts';
import { firstScenario, importLine, projectFiles, type ProjectFile } from '../init/project.ts';
import { renderScenario } from '../init/scenario.ts';
import { byPath, slugOf, type Sketches } from '../init/sketch.ts';
import { guardWrite } from '../results/store.ts';
import { command } from './command.ts';

const methodNames = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];

const file = (flags: string, help: string) =>
  option<string | undefined>({ flags, help, schema: value.text, fallback: undefined });

export const initCommand = command({
  usage: 'init [dir]',
  summary: 'make a project: configuration, thresholds, workflow, and a scenario or one per path of an API',
  options: {
    openapi: file('--openapi <file>', 'a scenario per path of this OpenAPI 3 or Swagger 2 document (JSON or YAML)'),
    har: file('--har <file>', 'a scenario per path that a browser recorded; ids become names, secrets stay out'),
    methods: option({
      flags: '--methods <names>',
      help: 'methods to take from the document, with commas; others than get and head change data',
      schema: value.names.pipe(z.array(z.enum(methodNames, `must be of ${methodNames.join(', ')}`))),
      fallback: ['get', 'head'],
      fallbackText: 'get,head',
    }),
  },
  examples: [
    ['gravl-load init', 'a project here, with a first scenario that runs against the stand-in backend'],
    ['gravl-load init --openapi openapi.yaml', 'a scenario per path'],
    ['gravl-load init --har session.har --methods get,post', 'what a browser recorded, also what it sent'],
  ],
  async run({ openapi, har, methods }, [where = '.'], { cwd, stdout }) {
    if (openapi !== undefined && har !== undefined) {
      throw new LoadError('usage.invalid', '--openapi and --har exclude each other');
    }
    const sketches =
      openapi !== undefined
        ? await readOpenApi(path.resolve(cwd, openapi), methods)
        : har !== undefined
          ? await readHar(path.resolve(cwd, har), methods)
          : undefined;
    const scenarios = sketches === undefined ? [firstScenario] : scenarioFiles(sketches, openapi ?? har ?? '');
    const names = scenarios.map((scenario) => path.basename(scenario.path, '.ts'));
    const dir = path.resolve(cwd, where);
    const kept: string[] = [];
    for (const made of [...projectFiles(names, suiteVersion), ...scenarios]) {
      if (await writeNew(dir, made)) stdout.write(`made  ${made.path}\n`);
      else kept.push(made.path);
    }
    for (const name of kept) stdout.write(`kept  ${name}, which was there already\n`);
    for (const what of sketches?.leftOut ?? []) stdout.write(`left out  ${what}\n`);
    const lacks = (name: string, part: RegExp): boolean =>
      kept.includes(name) && !part.test(readFileSync(path.join(dir, name), 'utf8'));
    const missing = names.filter((name) => lacks('scenarios/load.ts', new RegExp(`['"]\\./${name}(\\.[jt]s)?['"]`)));
    if (missing.length > 0) {
      stdout.write(
        `\nAdd to scenarios/load.ts, and to what takes turns there:\n${missing.map(importLine).join('\n')}\n`,
      );
    }
    if (lacks('package.json', /"gravl-load run"/)) {
      stdout.write('\nFor npm run load, add to the scripts of package.json:\n"load": "gravl-load run"\n');
    }
    stdout.write(`\nNext  ${where === '.' ? '' : `cd ${where} && `}npm install && npx gravl-load run\n`);
    if (sketches !== undefined)
      stdout.write('      Give the address of the API with --base-url or in gravl-load.config.ts.\n');
    return 0;
  },
});

function scenarioFiles({ requests, leftOut }: Sketches, source: string): ProjectFile[] {
  const files = new Map<string, ProjectFile>();
  for (const [at, group] of byPath(requests)) {
    let name = slugOf(at);
    // `/a-b` and `/a/b` make the same one.
    for (let n = 2; files.has(name); n++) name = `${slugOf(at)}-${n}`;
    files.set(name, { path: `scenarios/${name}.ts`, text: renderScenario(name, at, group) });
  }
  if (files.size > 0) return [...files.values()];
  throw new LoadError('init.input', `${source} has no request to make a scenario of`, { problems: [...leftOut] });
}

/** False when there is such a file: what is there stays. */
async function writeNew(dir: string, { path: name, text }: ProjectFile): Promise<boolean> {
  const target = path.join(dir, name);
  if (existsSync(target)) return false;
  await guardWrite(target, async () => {
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text, { flag: 'wx' });
  });
  return true;
}
