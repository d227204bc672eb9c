/** What the user sees while a test runs: bars on a terminal, a line now and then elsewhere, nothing when quiet. */
import type { RunDescription, RunObserver, RunStatus, ScenarioDescription } from '../execution/types.ts';
import { formatDuration } from '../options/duration.ts';
import type { RuntimeConfig } from '../options/types.ts';

/** Milliseconds between two lines where there is no terminal. */
const LINE_INTERVAL = 1000;
const BAR_WIDTH = 38;

const SILENT: RunObserver = { described: () => undefined, progress: () => undefined, ended: () => undefined };

export function createProgress(
  { quiet }: Pick<RuntimeConfig, 'quiet'>,
  { stdout }: { readonly stdout: NodeJS.WriteStream },
): RunObserver {
  if (quiet) return SILENT;
  return stdout.isTTY ? terminalProgress(stdout) : lineProgress(stdout);
}

function header(run: RunDescription): string {
  const count = run.scenarios.length;
  const scenarios = `(100.00%) ${count} scenario${count === 1 ? '' : 's'}, ${run.maxVUs} max VUs, ${formatDuration(run.maxDuration)} max duration (incl. graceful stop):`;
  return [
    '',
    '     execution: local',
    `        script: ${run.script}`,
    `        output: ${run.outputs}`,
    '',
    `     scenarios: ${scenarios}`,
    ...run.scenarios.map(({ name, text }) => `              * ${name}: ${text}`),
    '',
    '',
  ].join('\n');
}

function statusLine({
  elapsed,
  vusActive,
  vusInitialized,
  iterationsCompleted,
  iterationsInterrupted,
}: RunStatus): string {
  const width = String(vusInitialized).length;
  const active = String(vusActive).padStart(width, '0');
  return `running (${clock(elapsed)}), ${active}/${vusInitialized} VUs, ${iterationsCompleted} complete and ${iterationsInterrupted} interrupted iterations`;
}

function clock(ms: number): string {
  const seconds = (ms / 1000) % 60;
  const minutes = Math.floor(ms / 60_000);
  return `${String(minutes).padStart(2, '0')}m${seconds.toFixed(1).padStart(4, '0')}s`;
}

function scenarioLines(run: RunDescription, status: RunStatus, width: number): string[] {
  const longest = Math.max(...run.scenarios.map(({ name }) => name.length));
  return run.scenarios.map((scenario, index) => {
    const now = status.scenarios[index];
    const progress = now?.progress ?? 0;
    const mark = now?.state === 'done' ? '✓' : ' ';
    return `${scenario.name.padEnd(longest)} ${mark} ${bar(progress, width)} ${right(scenario, now)}`;
  });
}

function bar(progress: number, width: number): string {
  const filled = Math.round(progress * width);
  const head = filled > 0 && filled < width ? '>' : '';
  return `[${('='.repeat(Math.max(0, filled - head.length)) + head).padEnd(width, '-')}]`;
}

function right(scenario: ScenarioDescription, now: RunStatus['scenarios'][number] | undefined): string {
  if (!now || now.state === 'waiting') return 'waiting';
  const elapsed = Math.min(now.elapsed, scenario.duration);
  return `${now.vus} VUs  ${clock(elapsed)}/${formatDuration(scenario.duration)}  ${Math.floor(now.progress * 100)}%`;
}

function terminalProgress(stdout: NodeJS.WriteStream): RunObserver {
  let run: RunDescription | undefined;
  let drawn = 0;
  const draw = (status: RunStatus): void => {
    if (!run) return;
    const width = Math.max(10, Math.min(BAR_WIDTH, stdout.columns - 60));
    const lines = [statusLine(status), ...scenarioLines(run, status, width)].map((line) =>
      line.slice(0, stdout.columns - 1),
    );
    const back = drawn > 0 ? `\u001B[${drawn}A` : '';
    stdout.write(`${back}${lines.map((line) => `\r\u001B[K${line}`).join('\n')}\n`);
    drawn = lines.length;
  };
  return {
    described(description) {
      run = description;
      stdout.write(header(description));
    },
    progress: draw,
    ended: draw,
  };
}

function lineProgress(stdout: NodeJS.WriteStream): RunObserver {
  let run: RunDescription | undefined;
  let last = 0;
  const print = (status: RunStatus): void => {
    if (!run) return;
    const lines = [statusLine(status), ...scenarioLines(run, status, BAR_WIDTH)];
    stdout.write(`${lines.join('\n')}\n\n`);
  };
  return {
    described(description) {
      run = description;
      stdout.write(header(description));
    },
    progress(status) {
      if (status.phase !== 'running' || status.elapsed - last < LINE_INTERVAL) return;
      last = status.elapsed;
      print(status);
    },
    ended: print,
  };
}
