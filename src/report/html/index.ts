/** report.html: one file that opens from disk, loads nothing, and runs only the script whose hash it carries. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../config/package.ts';
import { charts, runLetter } from './charts.ts';
import { Html, markup, jsonBlock } from './markup.ts';
import { chartsSection } from './sections/charts.ts';
import { comparisonSection } from './sections/comparison.ts';
import { facts } from './sections/facts.ts';
import { capacitySection, historySection } from './sections/plots.ts';
import { sideBySideSections } from './sections/side-by-side.ts';
import { checksTable, endpointsTable, failureSamples, thresholdsTable, waitsTable } from './sections/tables.ts';
import { findingsList, keyFigures, verdictBanner } from './sections/verdict.ts';
import type { Chart, ReportData, RunView } from './types.ts';

export function renderHtml(data: ReportData): string {
  const drawn = charts(data);
  const [first, ...others] = data.runs;
  const { record } = first;
  const title =
    others.length === 0 ? `${record.verdict.state}: ${record.env} / ${record.profile}` : 'Runs side by side';
  const body = others.length === 0 ? oneRun(first, data, drawn) : manyRuns(data, drawn);
  return document(title.slice(0, 200), body, drawn);
}

function oneRun(run: RunView, data: ReportData, drawn: readonly Chart[]): Html {
  const { record } = run;
  const { comparison, capacity } = data;
  return markup`${verdictBanner(record)}${keyFigures(record)}
  ${capacity === null ? null : section('Capacity', capacitySection(capacity))} ${section('Endpoints', markup`${endpointsTable(record)}${waitsTable(record)}`)}
  ${section('Findings', findingsList(record))} ${section('Thresholds', thresholdsTable(record))}
  ${comparison === null ? null : section('Against the baseline', comparisonSection(comparison))}
  ${section('Over time', chartsSection(data, drawn))} ${section('Failing requests', failureSamples(record))}
  ${section('Checks', checksTable(record))}
  ${section('History', historySection(data.history))} ${section('About this run', facts(record))}`;
}

function manyRuns(data: ReportData, drawn: readonly Chart[]): Html {
  const { banners, tables } = sideBySideSections(data.runs);
  return markup`<h1>Runs side by side</h1>
    ${banners} ${section('Endpoints', tables)} ${section('Over time', chartsSection(data, drawn))}
    ${data.runs.map(({ record }, index) => section(`About run ${runLetter(index)}`, facts(record)))}`;
}

const section = (title: string, content: Html | null): Html | null =>
  content === null
    ? null
    : markup`<section class="card">
        <h2>${title}</h2>
        ${content}
      </section>`;

function document(title: string, body: Html, drawn: readonly Chart[]): string {
  const { script, style } = assets();
  const policy = [
    `default-src 'none'`,
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  // No white space around what is hashed.
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header><span class="brand">gravl-load</span><button type="button" id="theme">Dark</button></header>
<main>${body}</main>
<script type="application/json" id="charts">${jsonBlock(drawn)}</script>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

let loaded: { script: string; style: string } | undefined;

/** The page's script and style, built from client/ with uPlot in them. */
function assets(): { script: string; style: string } {
  const read = (file: string): string => readFileSync(path.join(packageRoot, 'dist', 'report', file), 'utf8').trim();
  loaded ??= { script: read('page.js'), style: read('page-style.css') };
  return loaded;
}
