/** The script of a report: draws the charts, links their zoom and cursors, sorts tables, follows light and dark. */
import type { Chart } from '../types.ts';
import { ChartGroup } from './charts.ts';
import { listen } from './controls.ts';
import { makeSortable } from './sort.ts';

const block = document.getElementById('charts');
const charts = JSON.parse(block?.textContent ?? '[]') as Chart[];

for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) makeSortable(table);
listen(new ChartGroup(charts, document.getElementById('range')));
