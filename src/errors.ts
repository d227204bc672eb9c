/**
 * Every error a user can meet, declared once: its stable code, the exit code of the process and what to do about it.
 * docs/commands.md lists this table; a test holds the two together.
 */

/** What the process's exit code means, for people and for CI. */
export const exitCodes = {
  0: 'fine',
  1: 'a bug in gravl-load: please report it',
  2: 'bad usage or configuration',
  3: 'a regression against the baseline',
  4: 'an INVALID run, not comparable, or inconclusive (only with --strict)',
  5: 'a readiness gate failed',
  6: 'the engine or the target could not be reached or started',
  97: 'the engine: the cloud run failed',
  99: 'thresholds crossed',
  104: 'the engine: invalid configuration',
  105: 'the engine: aborted from outside',
  106: 'the engine: its API could not be started',
  107: 'the engine: the script threw an exception',
  108: 'the engine: the script aborted the test',
  109: 'the engine: it crashed',
  110: 'the engine: the script marked the run as failed',
  130: 'interrupted by Ctrl-C (partial results are kept)',
  137: 'killed: only in the record of a run that was recovered',
  143: 'terminated (partial results are kept)',
} as const;

interface ErrorKind {
  readonly exitCode: keyof typeof exitCodes;
  readonly meaning: string;
  /** What to do now, when nothing more precise is known. */
  readonly hint: string;
}

const registry = {
  'usage.invalid': {
    exitCode: 2,
    meaning: 'an unknown command, option or argument, or a value that is not allowed',
    hint: 'Run the command with --help to see what it takes.',
  },
  'config.invalid': {
    exitCode: 2,
    meaning: 'the plan is wrong: every problem is listed with the place it comes from',
    hint: 'Correct the values named above; --dry-run shows the plan without running it.',
  },
  'config.unreadable': {
    exitCode: 2,
    meaning: 'gravl-load.config.ts could not be read, compiled or evaluated',
    hint: 'It must have one default export: an object, or defineConfig({ … }).',
  },
  'plan.refused': {
    exitCode: 2,
    meaning: 'the plan is valid but not allowed on this environment',
    hint: 'Production needs --yes, and takes only the profiles its environment allows.',
  },
  'scenario.compile': {
    exitCode: 2,
    meaning: 'a scenario does not compile',
    hint: 'Correct the scenario; npm run typecheck shows type errors too.',
  },
  'init.input': {
    exitCode: 2,
    meaning: 'the document a project is made from cannot be read, or is not what it should be',
    hint: '--openapi takes an OpenAPI 3 or Swagger 2 document (JSON or YAML), --har what a browser saves as HAR.',
  },
  'build.tools': {
    exitCode: 2,
    meaning: 'the tools of the release build are not installed',
    hint: 'npm install --save-dev webpack ts-loader babel-loader @babel/core @babel/preset-env typescript',
  },
  'results.unwritable': {
    exitCode: 2,
    meaning: 'the results folder cannot be written',
    hint: 'Choose another folder with --results DIR (of a report: --output DIR), or correct its permissions.',
  },
  'results.damaged': {
    exitCode: 2,
    meaning: 'a stored run or baseline is damaged; the file was left as it is',
    hint: 'Restore it from version control or a backup, or move it away.',
  },
  'results.newer': {
    exitCode: 2,
    meaning: 'a stored run or baseline was written by a newer gravl-load; the file was left as it is',
    hint: 'Update gravl-load: npm install gravl-load@latest',
  },
  'results.not-found': {
    exitCode: 2,
    meaning: 'there is no such stored run or baseline',
    hint: 'gravl-load report --list shows the stored runs, gravl-load baseline list the baselines.',
  },
  'results.refused': {
    exitCode: 2,
    meaning: 'this run cannot become a baseline',
    hint: 'Make a new run; only a run with the verdict PASS is a baseline.',
  },
  'engine.missing': {
    exitCode: 6,
    meaning: 'the engine is not installed or cannot be started',
    hint: 'gravl-load doctor shows which engines are here; --engine embedded needs nothing.',
  },
  'engine.failed': {
    exitCode: 6,
    meaning: 'the engine ended without a result',
    hint: 'engine.log in the results folder has all it said; --debug prints it.',
  },
  'target.unreachable': {
    exitCode: 6,
    meaning: 'the target does not answer; no load was sent',
    hint: 'Check the address and that the service is up: curl -v URL/health',
  },
  'target.tls': {
    exitCode: 6,
    meaning: "the target's TLS certificate was not accepted; no load was sent",
    hint: 'Correct the certificate, or trust its authority with NODE_EXTRA_CA_CERTS=FILE.',
  },
  'target.busy': {
    exitCode: 6,
    meaning: 'another load goes on at the same target: two would measure each other',
    hint: 'Wait for the other run to end.',
  },
  'ui.port': {
    exitCode: 2,
    meaning: 'the port of the live page is taken or not allowed; no load was sent',
    hint: 'Choose another with --ui-port; without it a free one is picked.',
  },
  'target.port': {
    exitCode: 6,
    meaning: 'a port of the stand-in target is taken or not allowed',
    hint: 'Choose another with --port and --metrics-port; 0 picks a free one.',
  },
  'target.database': {
    exitCode: 6,
    meaning: 'the database of the stand-in target cannot be used',
    hint: 'Check DATABASE_URL, or unset it to serve from memory.',
  },
  'manifests.invalid': {
    exitCode: 2,
    meaning:
      'a manifest, or a file declared beside it, cannot be read or is not valid: every problem is listed with its line',
    hint: 'Correct the files named above, or say where others are: --manifests, for reach as its arguments.',
  },
  'secrets.invalid': {
    exitCode: 2,
    meaning: 'a sealing certificate, key, backup, passphrase or value cannot be used; nothing was written',
    hint: 'gravl-load secrets seal --help shows where values come from; docs/readiness.md has the procedure.',
  },
  'scanner.failed': {
    exitCode: 6,
    meaning: 'the image scanner is not installed, or failed',
    hint: 'Install trivy, or scan elsewhere and give the JSON report with --scan FILE.',
  },
  'cluster.config': {
    exitCode: 2,
    meaning: 'the kubeconfig cannot be used',
    hint: 'kubectl config get-contexts shows the contexts; --kubeconfig FILE names another file.',
  },
  'cluster.unreachable': {
    exitCode: 6,
    meaning: 'the API server of the cluster does not answer',
    hint: 'Check the network and the context: kubectl --context NAME version',
  },
  'cluster.refused': {
    exitCode: 6,
    meaning: 'the API server of the cluster does not allow what is needed',
    hint: 'kubectl auth can-i --list shows what you may do; ask for the permission that is named above.',
  },
  'cluster.missing': {
    exitCode: 6,
    meaning: 'the cluster does not know a kind of object that is needed',
    hint: 'Install the operator or controller that brings it (its CustomResourceDefinition), then try again.',
  },
  'golive.order': {
    exitCode: 5,
    meaning: 'a phase of the go-live was begun before the ones before it were complete',
    hint: 'Complete the steps named above, or accept one with --accept STEP=REASON in its own phase.',
  },
  'golive.rollout': {
    exitCode: 5,
    meaning: 'what was applied did not become ready',
    hint: 'kubectl describe and kubectl get events say why; what was changed is rolled back.',
  },
  'golive.telemetry': {
    exitCode: 6,
    meaning: 'Prometheus or Alertmanager cannot be asked',
    hint: 'Check the address; kubectl -n gravl-monitoring port-forward svc/prometheus 9090 opens a way.',
  },
  'cluster.rejected': {
    exitCode: 6,
    meaning: 'the API server did not take an object',
    hint: 'Correct what is named above; kubectl apply --dry-run=server -f FILE shows the same.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof registry;

export const errorRegistry: Readonly<Record<ErrorCode, ErrorKind>> = registry;

/** An error that ends the command with one message, a hint and a documented exit code. Match on `code`. */
export class LoadError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: number;
  readonly hint: string;
  /** All problems found at once, when there are several. */
  readonly problems: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; problems?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'LoadError';
    this.code = code;
    this.exitCode = errorRegistry[code].exitCode;
    this.hint = options.hint ?? errorRegistry[code].hint;
    this.problems = options.problems ?? [];
  }
}

/** The text of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** `ENOENT`, `ECONNREFUSED` … of a Node error or of its cause. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return systemCode(error.errors[0]);
  return systemCode(error.cause);
}
