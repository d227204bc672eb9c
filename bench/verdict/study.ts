/** Runs the studies that are named (all without a name) and keeps their figures in bench/verdict/figures.json. */
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { capacityStudy } from './capacity.ts';
import { renderCharts, renderDocument, type Figures } from './document.ts';
import { fillPool, readPool } from './pool.ts';
import { realStudy } from './real.ts';
import { simulatedStudies } from './simulated.ts';
import { speedStudy } from './speed.ts';

const root = process.cwd();
const file = path.join(root, 'bench/verdict/figures.json');

const all = ['simulated', 'speed', 'pool', 'real', 'capacity'] as const;
const named = process.argv.slice(2).filter((word) => !word.includes('='));
const chosen = named.length === 0 ? all : all.filter((name) => named.includes(name));
const setting = (name: string, fallback: number): number =>
  Number(process.argv.find((word) => word.startsWith(`${name}=`))?.split('=')[1] ?? fallback);

/** Not committed: some megabytes of histograms. `pool=FILE` names another. */
const poolFile = path.resolve(
  root,
  process.argv.find((word) => word.startsWith('pool='))?.slice('pool='.length) ??
    'node_modules/.cache/verdict-pool.ndjson',
);

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const conditions = () => ({
  date: new Date().toISOString().slice(0, 10),
  machine: `${os.cpus().length}x ${os.cpus()[0]?.model ?? ''}`.trim(),
  load: Number((os.loadavg()[0] ?? 0).toFixed(1)),
});

const studies: Readonly<Record<(typeof all)[number], () => Promise<Figures>>> = {
  simulated: () =>
    Promise.resolve({
      simulated: { ...conditions(), rows: simulatedStudies(setting('comparisons', 2000), say) },
    }),
  speed: async () => ({ speed: { ...conditions(), rows: await speedStudy(say) } }),
  // Worked out from what the pool holds; `pool` makes its runs.
  real: async () => ({ real: { ...conditions(), ...realStudy(await readPool(poolFile), say) } }),
  pool: async () => {
    const size = {
      unchanged: setting('unchanged', 60),
      changed: setting('changed', 25),
      seconds: setting('seconds', 30),
      lanes: setting('lanes', 1),
      quiet: setting('quiet', 0.5),
      minutes: setting('minutes', 120),
    };
    await fillPool(poolFile, size, say);
    return {};
  },
  capacity: async () => {
    const before = conditions();
    return { capacity: { ...before, rows: await capacityStudy(say) } };
  },
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

for (const name of chosen) {
  const found = await studies[name]();
  // Read again: another study may have ended meanwhile.
  await writeFile(file, `${JSON.stringify({ ...(await stored()), ...found }, undefined, 2)}\n`);
}
const figures = await stored();
await writeFile(path.join(root, 'docs/verdicts.md'), renderDocument(figures));
for (const [name, svg] of Object.entries(renderCharts(figures))) await writeFile(path.join(root, 'docs', name), svg);

async function stored(): Promise<Figures> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Figures;
  } catch {
    return {};
  }
}
