import { ExitCode } from '../../contracts/errors.ts';
import { type Feature, features } from '../../options/features.ts';
import { globalFlags } from '../flag-sets.ts';
import { parseArguments } from '../flags.ts';
import { print } from '../print.ts';
import type { Command } from './types.ts';

const flags = () => [{ name: 'json', help: 'print as JSON' }, ...globalFlags()];

/** `gravl-k6 features`: what `--features` takes. */
export const featuresCommand: Command = {
  summary: 'List the feature flags there are',
  usage: 'features [--json]',
  examples: ['gravl-k6 features', 'gravl-k6 run --features merge-run-tags script.js'],
  flags,
  async run({ args, stdout }) {
    const { flags: given } = parseArguments(args, flags());
    const rows = Object.entries<Feature>(features).map(([feature, { lifecycle, description }]) => ({
      feature,
      lifecycle,
      description,
    }));
    await print(stdout, given['json'] ? JSON.stringify(rows, undefined, 2) : table(rows));
    return ExitCode.ok;
  },
};

function table(rows: readonly { feature: string; lifecycle: string; description: string }[]): string {
  const all = [{ feature: 'FEATURE', lifecycle: 'LIFECYCLE', description: 'DESCRIPTION' }, ...rows];
  const width = (key: 'feature' | 'lifecycle'): number => Math.max(...all.map((row) => row[key].length)) + 3;
  return all
    .map((row) => row.feature.padEnd(width('feature')) + row.lifecycle.padEnd(width('lifecycle')) + row.description)
    .join('\n');
}
