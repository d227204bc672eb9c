// Import walls: who may import whom (docs/architecture.md). A violation names the rule; edit the list here, with a reason.

/** Folders of src that a folder may import, besides itself and src/errors.ts. */
const suite = {
  config: ['suite'],
  bundle: ['config'],
  init: ['config', 'suite'],
  results: ['config'],
  cluster: [],
  runners: ['config', 'cluster', 'results', 'suite'],
  analysis: ['results'],
  report: ['config', 'results', 'suite', 'analysis'],
  run: ['config', 'bundle', 'runners', 'results', 'report', 'suite', 'target', 'analysis'],
  target: ['config'],
  readiness: ['config', 'cluster', 'results', 'analysis'],
  cli: [
    'config',
    'bundle',
    'runners',
    'results',
    'report',
    'run',
    'suite',
    'target',
    'analysis',
    'cluster',
    'readiness',
    'init',
  ],
};

const wall = ([from, allowed]) => ({
  name: `${from}-imports`,
  comment: `src/${from} imports only: ${['errors', ...allowed].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: {
    path: '^(src|scenarios|thresholds|test|bench)/',
    pathNot: [`^src/(${[from, ...allowed].join('|')})/`, '^src/errors\\.ts$'],
  },
});

module.exports = {
  forbidden: [
    ...Object.entries(suite).map(wall),
    {
      name: 'suite-runs-in-k6',
      comment: 'src/suite and scenarios run inside k6: no Node, no npm packages, nothing of the host',
      severity: 'error',
      from: { path: '^(src/suite|scenarios)/' },
      to: { pathNot: ['^src/suite/', '^scenarios/', '^thresholds/', '^k6(/|$)', 'node_modules/@types/k6/'] },
    },
    {
      name: 'suite-knows-no-scenario',
      comment: 'scenarios import the suite, never the other way round',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^scenarios/' },
    },
    {
      name: 'nothing-imports-manifests',
      comment: 'k8s/source makes files; programs read those',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^k8s/' },
    },
    {
      name: 'thresholds-are-data',
      comment: 'thresholds/ imports nothing',
      severity: 'error',
      from: { path: '^thresholds/' },
      to: { pathNot: '^thresholds/' },
    },
    {
      name: 'engine-stands-alone',
      comment: 'src/engine knows nothing of the suite: it is called like k6',
      severity: 'error',
      from: { path: '^src/engine/' },
      to: { path: '^(src|scenarios|thresholds)/', pathNot: '^src/engine/' },
    },
    {
      name: 'engine-is-a-command',
      comment: 'nothing outside src/engine imports it: runners start its bin',
      severity: 'error',
      from: { path: '^(src|scenarios|thresholds)/', pathNot: '^src/engine/' },
      to: { path: '^src/engine/' },
    },
    {
      name: 'engine-contracts-are-leaves',
      comment: 'src/engine/contracts: types, constants and error classes only',
      severity: 'error',
      from: { path: '^src/engine/contracts/' },
      to: { path: '.', pathNot: '^src/engine/contracts/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'guest-is-alone',
      comment: "src/engine/guest runs in the script's realm: contracts (types) and itself only",
      severity: 'error',
      from: { path: '^src/engine/guest/' },
      to: {
        path: '^src/',
        pathNot: ['^src/engine/guest/', '^src/engine/contracts/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'http-and-ops-are-low',
      comment: 'src/engine/http and ops import contracts, metrics/tags, options/duration and packages',
      severity: 'error',
      from: { path: '^src/engine/(http|ops)/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/engine/(http|ops|contracts)/',
          '^src/engine/metrics/tags\\.ts$',
          '^src/engine/options/duration\\.ts$',
        ],
      },
    },
    {
      name: 'only-cli-and-runners-start-processes',
      comment:
        'by runners, the local target, the engine itself, git by the fingerprint, the browser that draws a report',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          '^src/(cli|runners|engine)/',
          '^src/run/local-target\\.ts$',
          '^src/results/fingerprint\\.ts$',
          '^src/report/png\\.ts$',
        ],
      },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'analysis-is-pure',
      comment: 'src/analysis does no I/O',
      severity: 'error',
      from: { path: '^src/analysis/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles',
      comment: 'a cycle of imports (types apart) hides who depends on whom',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
