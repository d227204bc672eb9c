/** The script of the live page: shows what the server tells, and goes to the report when there is one. */
import { shapeOf } from '../../live/shape.ts';
import type { LiveCharts, LiveEvents } from '../../live/types.ts';
import { chartTitle } from '../titles.ts';
import type { Chart, ChartView } from '../types.ts';
import { ChartGroup } from './charts.ts';
import { listen } from './controls.ts';
import { showState, showTrouble } from './live-state.ts';

const group = new ChartGroup([], document.getElementById('range'));
let known: readonly Chart[] = [];
let shape = '';
listen(group);

const source = new EventSource('/events');
on('state', showState);
on('charts', showCharts);
on('report', (path) => {
  source.close();
  location.replace(path);
});
on('ended', () => {
  source.close();
  showTrouble('The run has ended without a report. The terminal says why.');
});
source.onerror = () => showTrouble('The connection is lost: the run has ended, or was stopped.');

function on<K extends keyof LiveEvents>(event: K, act: (data: LiveEvents[K]) => void): void {
  source.addEventListener(event, ({ data }: MessageEvent<string>) => act(JSON.parse(data) as LiveEvents[K]));
}

function showCharts(news: LiveCharts): void {
  known = news.from === 0 ? news.charts : news.charts.map((chart, index) => joined(known[index], chart, news.from));
  const drawable = known.filter(({ x, views }) => x.length > 1 && views.length > 0);
  const waiting = document.getElementById('waiting');
  if (waiting !== null) waiting.hidden = drawable.length > 0;
  const now = shapeOf(drawable);
  if (now === shape) {
    group.update(drawable);
    return;
  }
  shape = now;
  document.getElementById('charts')?.replaceChildren(...drawable.map(figure));
  offerEndpoints(drawable);
  group.replace(drawable);
}

/** The first `from` points that are known, then the new ones. */
function joined(old: Chart | undefined, news: Chart, from: number): Chart {
  const lineBefore = (view: ChartView, label: string): readonly (number | null)[] =>
    old?.views.find(({ name }) => name === view.name)?.lines.find((line) => line.label === label)?.values ?? [];
  return {
    ...news,
    x: [...(old?.x ?? []).slice(0, from), ...news.x],
    views: news.views.map((view) => ({
      ...view,
      lines: view.lines.map((line) => ({
        ...line,
        values: [...lineBefore(view, line.label).slice(0, from), ...line.values],
      })),
    })),
  };
}

function figure(chart: Chart): HTMLElement {
  const made = document.createElement('figure');
  made.className = chart.id.replace(/-\d+$/, '');
  const caption = document.createElement('figcaption');
  caption.id = `caption-${chart.id}`;
  caption.textContent = chartTitle(chart);
  const place = document.createElement('div');
  place.className = 'chart';
  place.dataset['chart'] = chart.id;
  place.setAttribute('role', 'img');
  place.setAttribute('aria-labelledby', `caption-${chart.id} about-${chart.id}`);
  const about = document.createElement('p');
  about.className = 'dim';
  about.id = `about-${chart.id}`;
  made.append(caption, place, about);
  return made;
}

function offerEndpoints(charts: readonly Chart[]): void {
  const select = document.getElementById('endpoint');
  if (!(select instanceof HTMLSelectElement)) return;
  const offered = new Set([...select.options].map(({ value }) => value));
  const names = new Set(charts.flatMap(({ views }) => views.map(({ name }) => name)));
  for (const name of names) if (!offered.has(name)) select.add(new Option(name.slice(0, 80), name));
}
