/** What the user sees while a test runs: bars on a terminal, a line now and then elsewhere, nothing when quiet. */
import type { RunDescription, RunObserver, RunStatus, ScenarioDescription } from '../execution/types.ts';
import { clock, padded } from '../executors/progress-text.ts';
import { formatDuration } from '../options/duration.ts';
import type { RuntimeConfig } from '../options/types.ts';

/** Milliseconds between two lines where there is no terminal. */
const LINE_INTERVAL = 1000;
const BAR_WIDTH = 38;

const nothing = (): void => undefined;
const SILENT: RunObserver = { described: nothing, progress: nothing, ended: nothing, closed: nothing };

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

function statusLine(run: RunDescription, status: RunStatus): string {
  const { elapsed, vusActive, vusInitialized, iterationsCompleted, iterationsInterrupted } = status;
  const [active, made] = [vusActive, vusInitialized].map((count) => padded(count, run.maxVUs));
  return `running (${clock(elapsed, run.maxDuration)}), ${active}/${made} VUs, ${iterationsCompleted} complete and ${iterationsInterrupted} interrupted iterations`;
}

type Draw = (progress: number) => string;

const percent: Draw = (progress) => `[ ${String(Math.floor(progress * 100)).padStart(3)}% ]`;

/** Makes the lines of the scenarios, one below the other in columns. */
class ScenarioLines {
  readonly #run: RunDescription;
  readonly #peaks: number[] = [];

  constructor(run: RunDescription) {
    this.#run = run;
  }

  of(status: RunStatus, draw: Draw): string[] {
    const longest = Math.max(...this.#run.scenarios.map(({ name }) => name.length));
    const columns = this.#run.scenarios.map((scenario, index) => this.#columns(scenario, index, status));
    const widths = [0, 1].map((n) => Math.max(...columns.map(({ [n]: text = '' }) => text.length)));
    return this.#run.scenarios.map((scenario, index) => {
      const { progress = 0 } = status.scenarios[index] ?? {};
      const cells = columns[index] ?? [];
      const text = cells.map((cell, n) => (n < cells.length - 1 ? cell.padEnd(widths[n] ?? 0) : cell)).join('  ');
      return `${scenario.name.padEnd(longest)} ${mark(scenario, index, status)} ${draw(progress)} ${text}`;
    });
  }

  #columns(scenario: ScenarioDescription, index: number, status: RunStatus): readonly string[] {
    const now = status.scenarios[index];
    if (!now || now.state === 'waiting') {
      return ['waiting', clock(Math.max(0, scenario.startTime - status.elapsed), scenario.startTime)];
    }
    const peak = (this.#peaks[index] = Math.max(this.#peaks[index] ?? 0, now.vus));
    return scenario.columns({ ...now, peak });
  }
}

function mark({ duration }: ScenarioDescription, index: number, { scenarios, stopped }: RunStatus): string {
  const now = scenarios[index];
  if (!now || now.state === 'waiting') return '•';
  if (now.state === 'done') return stopped && now.progress < 1 ? '✗' : '✓';
  return now.elapsed >= duration ? '↓' : ' ';
}

function bar(progress: number, width: number): string {
  const filled = Math.round(progress * width);
  const head = filled > 0 && filled < width ? '>' : '';
  return `[${('='.repeat(Math.max(0, filled - head.length)) + head).padEnd(width, '-')}]`;
}

function terminalProgress(stdout: NodeJS.WriteStream): RunObserver {
  let run: RunDescription | undefined;
  let scenarios: ScenarioLines | undefined;
  let drawn = 0;
  const draw = (status: RunStatus): void => {
    if (!run || !scenarios) return;
    const width = Math.max(10, Math.min(BAR_WIDTH, stdout.columns - 60));
    const lines = [statusLine(run, status), ...scenarios.of(status, (progress) => bar(progress, width))].map((line) =>
      line.slice(0, stdout.columns - 1),
    );
    const back = drawn > 0 ? `\u001B[${drawn}A` : '';
    stdout.write(`${back}${lines.map((line) => `\r\u001B[K${line}`).join('\n')}\n`);
    drawn = lines.length;
  };
  return {
    described(description) {
      run = description;
      scenarios = new ScenarioLines(description);
      stdout.write(header(description));
    },
    progress: draw,
    ended() {
      if (drawn > 0) stdout.write(`\u001B[${drawn}A\r\u001B[J`);
      drawn = 0;
    },
    closed(status) {
      stdout.write('\n');
      draw(status);
    },
  };
}

function lineProgress(stdout: NodeJS.WriteStream): RunObserver {
  let run: RunDescription | undefined;
  let scenarios: ScenarioLines | undefined;
  let last = 0;
  const print = (status: RunStatus): void => {
    if (!run || !scenarios) return;
    const lines = [statusLine(run, status), ...scenarios.of(status, percent)];
    stdout.write(`${lines.join('\n')}\n\n`);
  };
  return {
    described(description) {
      run = description;
      scenarios = new ScenarioLines(description);
      stdout.write(header(description));
    },
    progress(status) {
      if (status.phase !== 'running' || status.elapsed - last < LINE_INTERVAL) return;
      last = status.elapsed;
      print(status);
    },
    ended: nothing,
    closed(status) {
      stdout.write('\n');
      print(status);
    },
  };
}
