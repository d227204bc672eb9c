/** The files of a new project. */
import { camelCase } from './sketch.ts';

export interface ProjectFile {
  /** Relative to the project. */
  readonly path: string;
  readonly text: string;
}

/** The stand-in backend answers it, so that the first run needs nothing else. */
export const firstScenario: ProjectFile = {
  path: 'scenarios/health.ts',
  text: `/** GET /health: the service is up. A scenario is an ordinary k6 script; add others beside it and in load.ts. */
import { endpoints, get, isHealthy, optionsOf, plan, think } from 'gravl-load/suite';

export { handleSummary } from 'gravl-load/suite';

export const options = optionsOf('health');

export default function health(): void {
  get(endpoints.health, \`\${plan.apiUrl}/health\`, 'application/json', { 'is healthy': isHealthy });
  think();
}
`,
};

/** Everything but the scenarios themselves. */
export function projectFiles(scenarios: readonly string[], version: string): ProjectFile[] {
  return [
    { path: 'package.json', text: packageJson(version) },
    { path: 'gravl-load.config.ts', text: config },
    { path: 'thresholds/index.ts', text: thresholds },
    { path: 'scenarios/load.ts', text: loadScript(scenarios) },
    { path: 'tsconfig.json', text: tsconfig },
    { path: '.gitignore', text: 'node_modules/\ndist/\n.cache/\nresults/runs/\n' },
    { path: '.github/workflows/load.yml', text: workflow },
  ];
}

/** What a scenario needs in an existing scenarios/load.ts. */
export const importLine = (name: string): string => `import ${identifier(name)} from './${name}.ts';`;

const identifier = (name: string): string => camelCase(name);

function loadScript(scenarios: readonly string[]): string {
  const entries = scenarios.map((name) => (identifier(name) === name ? name : `'${name}': ${identifier(name)}`));
  return [
    '/** The script of `gravl-load run`: every scenario; those of the plan take turns, iteration by iteration. */',
    `import { optionsOf, takeTurns } from 'gravl-load/suite';`,
    ...scenarios.map(importLine),
    '',
    `export { handleSummary } from 'gravl-load/suite';`,
    '',
    'export const options = optionsOf();',
    '',
    `export default takeTurns({ ${entries.join(', ')} });`,
    '',
  ].join('\n');
}

const packageJson = (version: string): string =>
  `${JSON.stringify(
    {
      name: 'load-tests',
      private: true,
      type: 'module',
      scripts: { load: 'gravl-load run', build: 'gravl-load build' },
      devDependencies: { 'gravl-load': version },
    },
    undefined,
    2,
  )}\n`;

const config = `import { defineConfig } from 'gravl-load';
import { thresholds } from './thresholds/index.ts';

export default defineConfig({
  // \`--env local\` starts a stand-in backend as long as it has no address.
  environments: {
    staging: { baseUrl: 'https://staging.gravl.app' },
    // Load on production needs --yes, and stays below these limits.
    production: { baseUrl: 'https://gravl.app', maxVus: 10, maxRate: 20 },
  },
  thresholds,
});
`;

const thresholds = `/** What we promise. A threshold is \`aggregation operator limit\`, as k6 writes it; durations in milliseconds. */
export const thresholds = {
  http_req_duration: ['p(95)<200', 'p(99)<500'],
  http_req_failed: ['rate<0.01'],
  errors: ['rate<0.01'],
  checks: ['rate>0.99'],
};
`;

const tsconfig = `{
  "compilerOptions": {
    "target": "es2022",
    "lib": ["es2023"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "types": ["k6"],
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true,
    "allowImportingTsExtensions": true
  },
  "include": ["scenarios", "thresholds", "gravl-load.config.ts"]
}
`;

const workflow = `# Load on staging before a release, weekly and by hand; the comparison with the stored baseline decides.
name: load

on:
  workflow_dispatch:
  schedule:
    - cron: '0 3 * * 1'

permissions:
  contents: read

# Two loads on one environment would measure each other.
concurrency:
  group: load-staging

jobs:
  load:
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - uses: actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0
        with:
          node-version: 20.20.2
      - run: npm ci
      # Exit code 4 until results/baselines holds accepted runs: gravl-load baseline save, then commit them.
      - run: npx gravl-load run --env staging --confirm --strict
      - name: Summary
        if: always()
        run: npx gravl-load report --format markdown --output . && cat summary.md >> "$GITHUB_STEP_SUMMARY"
      - uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        if: always()
        with:
          name: results
          path: results/runs
          if-no-files-found: ignore
`;
