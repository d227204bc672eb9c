/** `gravl-k6 run`: one test from the command line to the exit code. */
import { EngineError, ExitCode } from '../../contracts/errors.ts';
import { TestRun } from '../../execution/run.ts';
import type { EngineLog, TestRequest } from '../../execution/types.ts';
import type { RuntimeSettings } from '../../options/runtime.ts';
import { type Logger, withLogger } from '../log/logger.ts';
import { parseArguments } from '../flags.ts';
import { runFlags } from '../flag-sets.ts';
import { packageVersion } from '../package-version.ts';
import { createProgress } from '../progress.ts';
import { onSignals } from '../signals.ts';
import { readTestRequest } from '../test-request.ts';
import type { Command, CommandContext } from './types.ts';

export const run: Command = {
  summary: 'Run a test',
  usage: 'run [flags] <script>',
  examples: [
    'gravl-k6 run script.js',
    'gravl-k6 run -u 5 -i 10 script.js',
    'gravl-k6 run -u 5 -d 10s script.js',
    'gravl-k6 run -u 0 -s 10s:100 -s 60s:100 -s 10s:0 script.js',
    'cat script.js | gravl-k6 run -',
  ],
  flags: runFlags,
  async run(context) {
    const { positional, flags } = parseArguments(context.args, runFlags());
    const [script, ...extra] = positional;
    if (script === undefined || extra.length > 0) {
      throw new EngineError(
        `accepts 1 arg(s), received ${positional.length}: arg should either be "-", if reading script from stdin, or a path to a script file`,
        ExitCode.generic,
      );
    }
    const { request, settings } = await readTestRequest({ ...context, script, flags, defaultSystemEnv: true });
    const consoleOutput = request.flagLayer.consoleOutput ?? request.envLayer.consoleOutput;
    return withLogger(
      request.runtime,
      (log, logger) => runTest(request, settings, context, log, logger),
      consoleOutput,
    );
  },
};

async function runTest(
  request: TestRequest,
  settings: RuntimeSettings,
  context: CommandContext,
  log: EngineLog,
  logger: Logger,
): Promise<number> {
  if (settings.profilingEnabled) log('warning', '--profiling-enabled has no effect; run node --cpu-prof instead');
  if (/^(1|t|true)$/i.test(context.env['K6_WEB_DASHBOARD'] ?? '')) {
    log('warning', 'K6_WEB_DASHBOARD has no effect: there is no web dashboard');
  }
  const progress = createProgress(request.runtime, context);
  let forget = (): void => undefined;
  const testRun = new TestRun(request, {
    log,
    observer: {
      ...progress,
      described(run) {
        // Until the script is loaded there is nothing to end well, and its own code may run without end: a signal ends the
        // process, as it does any other.
        forget = onSignals(stop);
        progress.described(run);
      },
    },
    streams: context,
    version: packageVersion(),
    env: context.env,
  });
  const stop = (signal: string, again: boolean): void => {
    if (again) {
      log('error', 'Aborting the test because of a second signal');
      void logger.close().finally(() => process.exit(ExitCode.externalAbort));
      return;
    }
    log('debug', `Stopping the test in response to ${signal}`);
    const name = signal === 'SIGINT' ? 'interrupt' : 'terminated';
    testRun.stop(
      ExitCode.externalAbort,
      `signal ${signal}`,
      `test run was aborted because gravl-k6 received a '${name}' signal`,
    );
  };
  const { address } = request.runtime;
  // Loaded only when asked for: the start of a run has to stay short.
  const api = address === undefined ? undefined : await (await import('../rest-api.ts')).serveRestApi(address, testRun);
  const debugAt = settings.inspectBreak ?? settings.inspectPort;
  if (debugAt !== undefined) {
    const { openDebugger } = await import('../debugger.ts');
    openDebugger(debugAt, settings.inspectBreak !== undefined, log);
  }
  try {
    return await testRun.run();
  } finally {
    await api?.close();
    forget();
  }
}
