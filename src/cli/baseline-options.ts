/** Options that the baseline commands share. */
import { option } from '../config/options.ts';
import * as value from '../config/values.ts';

export const baselineOptions = {
  results: option({
    flags: '--results <dir>',
    help: 'folder of runs and baselines',
    schema: value.text,
    fallback: 'results',
  }),
  env: option({ flags: '--env <name>', help: 'environment', schema: value.text, fallback: 'local' }),
  profile: option({ flags: '--profile <name>', help: 'load profile', schema: value.text, fallback: 'baseline' }),
  json: option({ flags: '--json', help: 'print one JSON document', schema: value.flag, fallback: false }),
};
