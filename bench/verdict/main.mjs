// The studies behind docs/verdicts.md: node bench/verdict/main.mjs [simulated] [speed] [real] [capacity]
// Bundles the TypeScript of src and bench on the fly and runs it.
import { build } from 'esbuild';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const outfile = path.join(here, `../../node_modules/.cache/verdict-study-${process.pid}.mjs`);
mkdirSync(path.dirname(outfile), { recursive: true });
await build({
  entryPoints: [path.join(here, 'study.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
await import(outfile);
