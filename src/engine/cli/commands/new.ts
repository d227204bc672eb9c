/** `gravl-k6 new`: a first script to start from. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EngineError, ExitCode } from '../../contracts/errors.ts';
import { globalFlags } from '../flag-sets.ts';
import { parseArguments } from '../flags.ts';
import { print } from '../print.ts';
import type { Command } from './types.ts';

/** The start of `options` in every template. @param projectId of the cloud, which this engine only passes on */
const cloud = (projectId: string | undefined): string =>
  projectId === undefined ? '' : `  cloud: { projectID: ${projectId} },\n`;

const templates: Readonly<Record<string, (projectId: string | undefined) => string>> = {
  minimal: (projectId) => `import http from 'k6/http';
import { check, sleep } from 'k6';

export const options = {
${cloud(projectId)}  vus: 10,
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
`,
  protocol: (projectId) => `import http from 'k6/http';
import { check, group, sleep } from 'k6';

const BASE_URL = __ENV.BASE_URL || 'https://quickpizza.grafana.com';

export const options = {
${cloud(projectId)}  stages: [
    { duration: '10s', target: 5 },
    { duration: '20s', target: 10 },
    { duration: '10s', target: 0 },
  ],
  thresholds: {
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<500', 'p(99)<1000'],
    'group_duration{group:::front page}': ['avg<1000'],
  },
};

// Runs once before the load; what it returns is given to the function below.
export function setup() {
  const response = http.get(BASE_URL);
  if (response.status !== 200) throw new Error(\`\${BASE_URL} answers \${response.status}\`);
  return { startedAt: Date.now() };
}

export default function (data) {
  group('front page', () => {
    const response = http.get(BASE_URL, { tags: { name: 'front page' } });
    check(response, {
      'status is 200': (r) => r.status === 200,
      'came after the start': () => Date.now() >= data.startedAt,
    });
  });
  sleep(1);
}
`,
};

const flags = () => [
  { name: 'force', short: 'f', help: 'overwrite an existing file' },
  {
    name: 'template',
    arg: 'name',
    help: `what to start from: ${Object.keys(templates).join(' or ')} (default minimal)`,
  },
  { name: 'project-id', arg: 'id', help: "a cloud project's id, put into the options" },
  // Here -f is --force.
  ...globalFlags().map(({ short, ...flag }) => (short === undefined || short === 'f' ? flag : { ...flag, short })),
];

export const newScript: Command = {
  summary: 'Create a test script',
  usage: 'new [file] [flags]',
  examples: ['gravl-k6 new', 'gravl-k6 new --template protocol test.js'],
  flags,
  async run({ args, cwd, stdout }) {
    const { positional, flags: given } = parseArguments(args, flags());
    const [file = 'script.js'] = positional;
    const name = given['template']?.at(-1) ?? 'minimal';
    const template = Object.hasOwn(templates, name) ? templates[name] : undefined;
    if (!template) {
      throw new EngineError(`there is no template ${JSON.stringify(name)}`, ExitCode.generic, {
        hint: `use one of: ${Object.keys(templates).join(', ')}`,
      });
    }
    const projectId = given['project-id']?.at(-1);
    if (projectId !== undefined && !/^\d+$/.test(projectId)) {
      throw new EngineError(`invalid project id ${JSON.stringify(projectId)}: it is a number`, ExitCode.generic);
    }
    try {
      await writeFile(path.resolve(cwd, file), template(projectId), { flag: given['force'] ? 'w' : 'wx' });
    } catch (cause) {
      const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
      const reason = exists ? 'it already exists, use --force to overwrite it' : (cause as Error).message;
      throw new EngineError(`could not create ${file}: ${reason}`, ExitCode.generic, { cause });
    }
    await print(stdout, `New script created: ${file} (run it with: gravl-k6 run ${file})`);
    return ExitCode.ok;
  },
};
