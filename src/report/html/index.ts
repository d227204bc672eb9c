/** report.html: one file that opens from disk, loads nothing, and runs only the script whose hash it carries. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../config/package.ts';
import { charts, endpointNames, runLetter } from './charts.ts';
import { foreign, Html, markup, jsonBlock } from './markup.ts';
import { comparisonSection } from './sections/comparison.ts';
import { facts } from './sections/facts.ts';
import { capacitySection, historySection } from './sections/plots.ts';
import { sideBySideSections } from './sections/side-by-side.ts';
import { checksTable, endpointsTable, failureSamples, thresholdsTable } from './sections/tables.ts';
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
  return markup`${verdictBanner(record)}${keyFigures(record)} ${section('Endpoints', endpointsTable(record))}
  ${section('Findings', findingsList(record))} ${section('Thresholds', thresholdsTable(record))}
  ${comparison === null ? null : section('Against the baseline', comparisonSection(comparison))}
  ${chartsSection(data, drawn)} ${section('Failing requests', failureSamples(record))}
  ${section('Checks', checksTable(record))} ${capacity === null ? null : section('Capacity', capacitySection(capacity))}
  ${section('History', historySection(data.history))} ${section('About this run', facts(record))}`;
}

function manyRuns(data: ReportData, drawn: readonly Chart[]): Html {
  const { banners, tables } = sideBySideSections(data.runs);
  return markup`<h1>Runs side by side</h1>
    ${banners} ${section('Endpoints', tables)} ${chartsSection(data, drawn)}
    ${data.runs.map(({ record }, index) => section(`About run ${runLetter(index)}`, facts(record)))}`;
}

const section = (title: string, content: Html | null): Html | null =>
  content === null
    ? null
    : markup`<section class="card">
        <h2>${title}</h2>
        ${content}
      </section>`;

const chartTitles: Readonly<Record<string, string>> = {
  latency: 'Latency',
  rate: 'Requests per second',
  errors: 'Failed requests',
  vus: 'Virtual users',
  distribution: 'Latency by percentile',
};

function chartsSection(data: ReportData, drawn: readonly Chart[]): Html | null {
  if (drawn.length === 0) return null;
  const names = endpointNames(data.runs).filter((name) => name !== '');
  const { step } = data.runs[0].series;
  const figure = (chart: Chart): Html => {
    const title = chartTitles[chart.id] ?? chart.views[0]?.lines[0]?.label ?? chart.id;
    const several = data.runs.length > 1 && chart.id === 'latency' ? `${title}, p95` : title;
    return markup`<figure class="${chart.id.replace(/-\d+$/, '')}">
      <figcaption id="caption-${chart.id}">${foreign(several)}</figcaption>
      <div
        class="chart"
        data-chart="${chart.id}"
        role="img"
        aria-labelledby="caption-${chart.id} about-${chart.id}"
      ></div>
      <p class="dim" id="about-${chart.id}"></p>
    </figure>`;
  };
  return markup`<section class="card">
    <h2>Over time</h2>
    <div class="tools" role="group" aria-label="Charts">
      <label
        >Endpoint
        <select id="endpoint">
          <option value="">all</option>
          ${names.map((name) => markup`<option value="${name}">${name.slice(0, 80)}</option>`)}
        </select></label
      >
      <span class="buttons"
        ><button type="button" data-zoom="left" aria-label="Earlier">←</button
        ><button type="button" data-zoom="in" aria-label="Zoom in">+</button
        ><button type="button" data-zoom="out" aria-label="Zoom out">−</button
        ><button type="button" data-zoom="right" aria-label="Later">→</button
        ><button type="button" data-zoom="reset">Whole run</button></span
      >
      <span class="dim" id="range" aria-live="polite"></span>
    </div>
    <div class="charts">${drawn.map(figure)}</div>
    <p class="dim">${step > 1 ? `A point stands for ${step} seconds. ` : ''}Drag across a chart to zoom.</p>
    <noscript><p>The charts need JavaScript; everything else is in the tables.</p></noscript>
  </section>`;
}

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
