// The studies behind docs/verdicts.md. Bundles the TypeScript of src and bench on the fly and runs it.
import { build } from 'esbuild';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { readArguments } from '../../scripts/lib/arguments.mjs';

const help = `node bench/verdict/main.mjs [simulated] [speed] [pool] [real] [capacity] [name=N …]
  runs the studies that are named, or all (hours), and writes docs/verdicts.md from their figures
  simulated    comparisons=2000
  pool         makes real runs: unchanged=60 changed=25 seconds=30 lanes=1 quiet=0.5 minutes=120
  pool=FILE    where they are kept (node_modules/.cache/verdict-pool.ndjson)`;
const settings = ['comparisons', 'unchanged', 'changed', 'seconds', 'lanes', 'quiet', 'minutes'];
readArguments(help, {}, [
  ...['simulated', 'speed', 'pool', 'real', 'capacity', 'pool=…'],
  ...settings.map((name) => `${name}=`),
]);

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
