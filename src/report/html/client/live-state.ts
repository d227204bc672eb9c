/** Figures and tables of the live page. Everything from outside is set as text, never as markup. */
import { formatClock, formatCount, formatMs, formatRate, formatShare } from '../../format.ts';
import type { LiveState } from '../../live/types.ts';

const longestShown = 160;
const phases = {
  starting: 'Starting …',
  running: 'Running',
  judging: 'The load has ended; the report is being made …',
} as const;

export function showState(state: LiveState): void {
  const { run, env, profile, elapsedMs, durationMs, phase } = state;
  const title = `${cut(env)} · ${cut(profile)}${run > 1 ? ` · run ${run}` : ''}`;
  setText('title', title);
  document.title = `${phase === 'running' ? formatClock(elapsedMs) : 'gravl-load'} · ${title}`;
  setText('phase', phases[phase]);
  setText('clock', `${formatClock(elapsedMs)} / ${formatClock(durationMs)}`);
  setText('facts', `${cut(state.target)} · ${cut(state.engine)} · ${cut(state.scenarios.join(', '))}`);
  document.querySelector('.running')?.classList.remove('lost');
  const progress = document.getElementById('progress');
  if (progress instanceof HTMLProgressElement) {
    progress.value = phase === 'judging' ? 1 : Math.min(1, elapsedMs / Math.max(1, durationMs));
  }
  document.getElementById('figures')?.replaceChildren(...figuresOf(state).map(figure));
  fill('limits', state.limits.map(limitRow), 'There are no thresholds.');
  fill('endpoints', state.endpoints.map(endpointRow), 'No request has been made yet.');
}

/** Nothing more comes. */
export function showTrouble(text: string): void {
  setText('phase', text);
  document.querySelector('.running')?.classList.add('lost');
}

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly tone?: 'bad' | 'warn' | '';
}

function figuresOf(state: LiveState): Figure[] {
  const { generator, dropped, errors } = state;
  const tone = generator?.strained === true ? 'warn' : '';
  return [
    { name: 'users', value: formatCount(state.users) },
    { name: 'requests', value: formatCount(state.requests) },
    { name: 'requests / s', value: formatRate(state.rate) },
    { name: 'p50', value: formatMs(state.p50) },
    { name: 'p95', value: formatMs(state.p95) },
    { name: 'p99', value: formatMs(state.p99) },
    { name: 'errors', value: formatShare(errors), tone: errors > 0 ? 'bad' : '' },
    limitsFigure(state),
    { name: 'iterations', value: formatCount(state.iterations) },
    { name: 'dropped', value: formatCount(dropped), tone: dropped > 0 ? 'bad' : '' },
    { name: 'generator CPU', value: generator?.cpu == null ? '–' : formatShare(generator.cpu), tone },
    { name: 'generator lag', value: formatMs(generator?.lagP99 ?? null), tone },
  ];
}

function limitsFigure({ limits }: LiveState): Figure {
  const crossed = limits.filter(({ ok }) => ok === false).length;
  const held = limits.filter(({ ok }) => ok === true).length;
  return crossed > 0
    ? { name: 'limits', value: `✕ ${crossed} crossed`, tone: 'bad' }
    : { name: 'limits', value: held > 0 ? `✓ ${held} hold` : '–' };
}

function figure({ name, value, tone = '' }: Figure): HTMLElement {
  const made = document.createElement('div');
  made.className = tone;
  made.append(element('dt', name), element('dd', value));
  return made;
}

function limitRow({ metric, expression, ok, observed }: LiveState['limits'][number]): HTMLElement[] {
  const state = element('td', '');
  const mark = element('span', ok === undefined ? 'open' : ok ? '✓ holds' : '✕ crossed');
  mark.className = `state ${ok === undefined ? '' : ok ? 'pass' : 'fail'}`;
  state.append(mark);
  return [head(metric), foreign(expression), number(observed), state];
}

function endpointRow({ name, requests, p95, errors }: LiveState['endpoints'][number]): HTMLElement[] {
  const failed = number(formatShare(errors));
  if (errors > 0) failed.classList.add('bad');
  return [head(name), number(formatCount(requests)), number(formatMs(p95)), failed];
}

function fill(id: string, rows: readonly HTMLElement[][], empty: string): void {
  const lines = rows.length > 0 ? rows : [[element('td', empty)]];
  document.getElementById(id)?.replaceChildren(
    ...lines.map((cells) => {
      const row = document.createElement('tr');
      row.append(...cells);
      return row;
    }),
  );
}

function head(text: string): HTMLElement {
  const cell = document.createElement('th');
  cell.scope = 'row';
  cell.append(element('bdi', cut(text)));
  return cell;
}

function foreign(text: string): HTMLElement {
  const cell = document.createElement('td');
  cell.append(element('bdi', cut(text)));
  return cell;
}

function number(text: string): HTMLElement {
  const cell = element('td', text);
  cell.className = 'num';
  return cell;
}

function element(tag: 'dt' | 'dd' | 'td' | 'bdi' | 'span', text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function setText(id: string, text: string): void {
  const place = document.getElementById(id);
  // Screen readers speak of a change; what stays the same is none.
  if (place !== null && place.textContent !== text) place.textContent = text;
}

const cut = (text: string): string => (text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
