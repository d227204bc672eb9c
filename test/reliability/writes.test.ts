/** SIGKILL while a file is written, again and again: there is the old one or the new one. KILLS=200 for the long run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readBaseline } from '../../src/results/baselines.ts';
import { listRuns, loadRunFolder } from '../../src/results/store.ts';
import { bundleProgram, temporaryFolder } from '../e2e/harness.ts';

const kills = Number(process.env['KILLS'] ?? 15);

/** Writes baselines and records without end, and says when it has begun. */
const writer = `
import { saveBaseline } from './src/results/baselines.ts';
import { openRun, publishRun } from './src/results/store.ts';
import { runRecord } from './test/fixtures/record.ts';
const [, , results, from] = process.argv;
for (let n = Number(from); ; n++) {
  const id = '20260101T000000Z-baseline-' + String(n).padStart(6, '0');
  const record = runRecord({ id });
  await publishRun(await openRun(results, 'local', id), record);
  await saveBaseline(results, record, []);
  process.stdout.write(n + '\\n');
}
`;

it(
  'a baseline and a record are the old or the new one, whenever the process is killed',
  { timeout: 600_000 + kills * 20_000 },
  async () => {
    const results = temporaryFolder();
    const script = path.join(results, 'writer.mjs');
    await bundleProgram(writer, script);
    let from = 1;
    for (let i = 0; i < kills; i++) {
      const child = spawn(process.execPath, [script, results, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
      let last = from;
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        last = Number(text.trim().split('\n').at(-1));
      });
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
      child.kill('SIGKILL');
      await once(child, 'close');
      const ids =
        (await readBaseline(results, 'local', 'baseline'))?.runs.map(({ digest }) => Number(digest.id.slice(-6))) ?? [];
      expect(ids.at(-1)).toBeGreaterThanOrEqual(last);
      expect(ids.at(-1)).toBeLessThanOrEqual(last + 1);
      from = last + 2;
    }
    const runs = await listRuns(results);
    for (const { dir } of runs) await loadRunFolder(dir);
    expect(runs.length).toBeGreaterThanOrEqual(kills);
    const left = readdirSync(path.join(results, 'baselines', 'local')).filter((name) => name.endsWith('.tmp'));
    expect(left.length).toBeLessThanOrEqual(kills);
  },
);
