/** The script of a report: draws the charts, links their zoom and cursors, sorts tables, follows light and dark. */
import type { Chart } from '../types.ts';
import { ChartGroup } from './charts.ts';
import { makeSortable } from './sort.ts';

const block = document.getElementById('charts');
const charts = JSON.parse(block?.textContent ?? '[]') as Chart[];
const group = new ChartGroup(charts, document.getElementById('range'));

for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) makeSortable(table);

const endpoint = document.getElementById('endpoint');
if (endpoint instanceof HTMLSelectElement) {
  endpoint.value = '';
  endpoint.addEventListener('change', () => group.show(endpoint.value));
}
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-zoom]')) {
  button.addEventListener('click', () => group.zoom(button.dataset['zoom'] ?? 'reset'));
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const print = matchMedia('print');
const theme = document.getElementById('theme');
const isDark = (): boolean =>
  (document.documentElement.dataset['theme'] ?? (dark.matches ? 'dark' : 'light')) === 'dark';
const paint = (): void => {
  if (theme !== null) theme.textContent = isDark() ? 'Light' : 'Dark';
  group.draw();
};
theme?.addEventListener('click', () => {
  document.documentElement.dataset['theme'] = isDark() ? 'light' : 'dark';
  paint();
});
dark.addEventListener('change', paint);
print.addEventListener('change', paint);
addEventListener('beforeprint', paint);
paint();

let width = innerWidth;
addEventListener('resize', () => {
  // Phones resize when their address bar hides: only the width matters.
  if (innerWidth === width) return;
  width = innerWidth;
  group.resize();
});
