// `npm run manifests`: writes the manifests of k8s/source as YAML below k8s/, and what docker compose shares with them.
import { build } from 'esbuild';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readArguments } from './lib/arguments.mjs';

readArguments(
  'npm run manifests\n  writes the manifests of k8s/source below k8s/, and what docker compose shares with them',
);

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
// Inside the project, so that the packages it imports are found.
const outfile = path.join(root, '.cache', `manifests-${process.pid}.mjs`);
try {
  await build({
    absWorkingDir: root,
    entryPoints: ['k8s/source/files.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  });
  const { composeFiles, manifests, render } = await import(pathToFileURL(outfile).href);
  for (const [name, objects] of manifests) {
    const file = path.join(root, 'k8s', name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, render(objects));
    console.log(path.relative(root, file));
  }
  for (const [name, text] of composeFiles) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
    console.log(name);
  }
} finally {
  rmSync(outfile, { force: true });
}
