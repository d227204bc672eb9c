/** Where the page's script draws its charts, and the buttons that it listens to. */
import { endpointNames } from '../charts.ts';
import { foreign, markup, type Html } from '../markup.ts';
import { chartTitle } from '../titles.ts';
import type { Chart, ReportData } from '../types.ts';

export function chartsSection(data: ReportData, drawn: readonly Chart[]): Html | null {
  if (drawn.length === 0) return null;
  const { step } = data.runs[0].series;
  const figure = (chart: Chart): Html => {
    const title = chartTitle(chart);
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
  const time = drawn.some(({ kind }) => kind === 'time');
  const zoom = `${step > 1 ? `A point stands for ${step} seconds. ` : ''}Drag across a chart to zoom.`;
  return markup`${chartTools(
    endpointNames(data.runs).filter((name) => name !== ''),
    time,
  )}
    <div class="charts">${drawn.map(figure)}</div>
    <p class="dim">${time ? zoom : 'The run was too short for a course over time.'}</p>
    <noscript><p>The charts need JavaScript; everything else is in the tables.</p></noscript>`;
}

/**
 * The choice of an endpoint, and the zoom.
 * @param time whether there is a course to zoom into
 */
export const chartTools = (endpoints: readonly string[], time = true): Html => markup`<div
  class="tools"
  role="group"
  aria-label="Charts"
>
  <label
    >Endpoint
    <select id="endpoint">
      <option value="">all</option>
      ${endpoints.map((name) => markup`<option value="${name}">${name.slice(0, 80)}</option>`)}
    </select></label
  >
  ${time ? zoomTools : null}
</div>`;

const zoomTools = markup`<span class="buttons"
    ><button type="button" data-zoom="left" aria-label="Earlier">←</button
    ><button type="button" data-zoom="in" aria-label="Zoom in">+</button
    ><button type="button" data-zoom="out" aria-label="Zoom out">−</button
    ><button type="button" data-zoom="right" aria-label="Later">→</button
    ><button type="button" data-zoom="reset">Whole run</button></span
  >
  <span class="dim" id="range" aria-live="polite"></span>`;
