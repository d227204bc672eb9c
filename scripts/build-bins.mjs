// Builds the bins and the engine's worker and guest into dist/. Runs after `npm ci` (prepare), so it must be fast.
import { build } from 'esbuild';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import vm from 'node:vm';
import { readArguments } from './lib/arguments.mjs';

readArguments('node scripts/build-bins.mjs\n  builds gravl-load, gravl-k6 and their parts into dist/');

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (file) => path.join(root, file);

const node = {
  'gravl-load': 'src/cli/main.ts',
  'gravl-k6': 'src/engine/cli/main.ts',
  'engine-thread': 'src/engine/execution/thread-main.ts',
  watchdog: 'src/engine/execution/watchdog-main.ts',
  timekeeper: 'src/engine/execution/timekeeper-main.ts',
  'vu-worker': 'src/engine/vu/worker-main.ts',
  'sync-io': 'src/engine/vu/sync-io-main.ts',
};
const entryPoints = Object.fromEntries(Object.entries(node).filter(([, file]) => existsSync(at(file))));

await Promise.all([
  build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  }),
  // Modules that scripts import by their address on the network, shipped with the engine.
  existsSync(at('src/engine/script/jslib')) &&
    build({
      absWorkingDir: root,
      entryPoints: Object.fromEntries(
        readdirSync(at('src/engine/script/jslib'), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => [name, `src/engine/script/jslib/${name}/index.ts`]),
      ),
      outdir: 'dist/jslib',
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      // papaparse looks for Node's streams, when it is asked to use them.
      external: ['k6', 'k6/*', 'stream'],
      target: 'es2023',
      logLevel: 'warning',
    }),
  // What scenarios and configurations elsewhere import as gravl-load/suite and gravl-load.
  build({
    absWorkingDir: root,
    entryPoints: { suite: 'src/suite/index.ts', index: 'src/index.ts' },
    outdir: 'dist',
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['k6', 'k6/*'],
    target: 'es2022',
    sourcemap: 'linked',
    logLevel: 'warning',
  }),
  // The script and style of report.html, which carries both in itself, and those of the live page.
  build({
    absWorkingDir: root,
    entryPoints: {
      page: 'src/report/html/client/main.ts',
      'page-style': 'src/report/html/client/style.css',
      live: 'src/report/html/client/live.ts',
      'live-style': 'src/report/html/client/live.css',
    },
    outdir: 'dist/report',
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    logLevel: 'warning',
  }),
  // The guest runs inside the script's realm: one self-contained expression, no Node.
  existsSync(at('src/engine/guest/main.ts')) &&
    build({
      absWorkingDir: root,
      entryPoints: { guest: 'src/engine/guest/main.ts' },
      outdir: 'dist',
      bundle: true,
      format: 'iife',
      globalName: 'gravlGuest',
      banner: { js: '(() => {' },
      footer: { js: 'return gravlGuest; })()' },
      // Every process keeps this text, and reads it at its start.
      minifyWhitespace: true,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      target: 'es2023',
      logLevel: 'warning',
    }),
]);

// What V8 made of the guest, so that a start need not compile it; another version of Node ignores it.
const guest = new vm.Script(readFileSync(at('dist/guest.js'), 'utf8'), { filename: 'gravl-k6:guest' });
guest.runInContext(vm.createContext(vm.constants.DONT_CONTEXTIFY)).prepareRealm();
for (const file of readdirSync(at('dist'))) if (/^guest\..*cache$/.test(file)) rmSync(at(`dist/${file}`));
// V8 takes such a cache under the flags it was made with only: those of Node, of the engine's threads and of its process,
// which are what src/engine/execution/lean-heap.ts and src/engine/vu/worker-tuning.ts lead to.
for (const flag of [
  undefined,
  '--heap-growing-percent=20',
  '--semi-space-growth-factor=1',
  '--interrupt-budget=10000',
]) {
  if (flag !== undefined) v8.setFlagsFromString(flag);
  writeFileSync(at(`dist/guest.${v8.cachedDataVersionTag()}.cache`), guest.createCachedData());
}
// The tag in the name also tells processors apart, which V8 does not insist on: for a process on another one.
writeFileSync(at('dist/guest.cache'), guest.createCachedData());
