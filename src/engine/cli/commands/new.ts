/** `gravl-k6 new`: a first script to start from. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EngineError, ExitCode } from '../../contracts/errors.ts';
import { globalFlags } from '../flag-sets.ts';
import { parseArguments } from '../flags.ts';
import { print } from '../print.ts';
import type { Command } from './types.ts';

const TEMPLATE = `import http from 'k6/http';
import { check, sleep } from 'k6';

export const options = {
  vus: 10,
  duration: '30s',
  thresholds: {
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<500'],
  },
};

// Each virtual user runs this function again and again.
export default function () {
  const response = http.get('https://quickpizza.grafana.com/');
  check(response, { 'status is 200': (r) => r.status === 200 });
  sleep(1);
}
`;

const flags = () => [
  { name: 'force', short: 'f', help: 'overwrite an existing file' },
  // Here -f is --force.
  ...globalFlags().map(({ short, ...flag }) => (short === undefined || short === 'f' ? flag : { ...flag, short })),
];

export const newScript: Command = {
  summary: 'Create a test script',
  usage: 'new [file] [flags]',
  examples: ['gravl-k6 new', 'gravl-k6 new test.js'],
  flags,
  async run({ args, cwd, stdout }) {
    const { positional, flags: given } = parseArguments(args, flags());
    const [file = 'script.js'] = positional;
    try {
      await writeFile(path.resolve(cwd, file), TEMPLATE, { flag: given['force'] ? 'w' : 'wx' });
    } catch (cause) {
      const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
      const reason = exists ? 'it already exists, use --force to overwrite it' : (cause as Error).message;
      throw new EngineError(`could not create ${file}: ${reason}`, ExitCode.generic, { cause });
    }
    await print(stdout, `New script created: ${file} (run it with: gravl-k6 run ${file})`);
    return ExitCode.ok;
  },
};
