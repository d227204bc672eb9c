/** k8s/production/load-test.js: the load test as one readable, self-contained file for any k6, committed. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { scriptModules } from './compile.ts';

const entry = 'k8s/source/load-test.ts';
const output = 'k8s/production/load-test.js';

/** The text of the file; undefined when the project has no such source. */
export async function renderLoadTest(projectDir: string): Promise<string | undefined> {
  if (!existsSync(path.join(projectDir, entry))) return undefined;
  const { outputFiles } = await build({
    absWorkingDir: projectDir,
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    external: ['k6', 'k6/*'],
    alias: scriptModules,
    banner: { js: `// Made from ${entry} by \`npm run build\`; edit that, not this.` },
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text;
}

/** Writes it where it differs; undefined when the project has none. */
export async function buildLoadTest(projectDir: string): Promise<{ file: string; bytes: number } | undefined> {
  const text = await renderLoadTest(projectDir);
  if (text === undefined) return undefined;
  const file = path.join(projectDir, output);
  const current = await readFile(file, 'utf8').catch(() => undefined);
  if (current !== text) await writeFile(file, text);
  return { file, bytes: Buffer.byteLength(text) };
}
