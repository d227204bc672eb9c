/** `gravl-load baseline history` */
import path from 'node:path';
import { historyChanges, type History } from '../analysis/series/history.ts';
import { renderHistory } from '../report/terminal/history.ts';
import { readRunHistory } from '../results/history.ts';
import { command } from './command.ts';
import { baselineOptions } from './baseline-options.ts';

const { results, env, profile, json } = baselineOptions;

export const historyCommand = command({
  usage: 'baseline history',
  summary: 'show the trend over all stored runs, and where it changed',
  options: { results, env, profile, json },
  examples: [
    ['gravl-load baseline history --env staging', 'when did staging become slower'],
    ['gravl-load baseline history --profile soak --json', 'every run and every change, for a machine'],
  ],
  async run(values, _, { cwd, stdout }) {
    const { runs, leftOut } = await readRunHistory(path.resolve(cwd, values.results), values.env, values.profile);
    const history: History = {
      schemaVersion: 1,
      env: values.env,
      profile: values.profile,
      points: runs,
      changes: historyChanges(runs),
      leftOut,
    };
    stdout.write(values.json ? `${JSON.stringify(history, undefined, 2)}\n` : renderHistory(history));
    return 0;
  },
});
