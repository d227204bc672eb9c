/** The live page, empty: its script fills it from the events. */
import { chartTools } from '../html/sections/charts.ts';
import { markup } from '../html/markup.ts';

export const livePage = (): string =>
  markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>gravl-load: live</title>
<link rel="stylesheet" href="/live.css">
</head>
<body>
<header><span class="brand">gravl-load</span><button type="button" id="theme">Dark</button></header>
<main>
<section class="card running">
  <h1 id="title">Live view</h1>
  <p><b id="phase" role="status">Connecting …</b> <span class="clock" id="clock"></span></p>
  <progress id="progress" max="1" value="0" aria-label="Progress of the run"></progress>
  <p class="dim" id="facts"></p>
  <noscript><p>The live view needs JavaScript; the report, at the end of the run, does not.</p></noscript>
</section>
<dl class="figures" id="figures"></dl>
<section class="card">
  <h2>Over time</h2>
  ${chartTools([])}
  <div class="charts" id="charts"></div>
  <p class="dim" id="waiting">The charts begin with the first seconds that are over.</p>
</section>
<section class="card"><h2>Thresholds</h2>
<div class="scroll" role="region" aria-label="Thresholds" tabindex="0"><table class="sortable">
  <caption>Thresholds</caption>
  <thead><tr><th scope="col">metric</th><th scope="col">limit</th><th scope="col" class="num">now</th><th scope="col">state</th></tr></thead>
  <tbody id="limits"></tbody>
</table></div></section>
<section class="card"><h2>Endpoints</h2>
<div class="scroll" role="region" aria-label="Endpoints" tabindex="0"><table class="sortable">
  <caption>Endpoints</caption>
  <thead><tr><th scope="col">endpoint</th><th scope="col" class="num">requests</th><th scope="col" class="num">p95</th><th scope="col" class="num">errors</th></tr></thead>
  <tbody id="endpoints"></tbody>
</table></div></section>
</main>
<script src="/live.js"></script>
</body>
</html>
`.text;
